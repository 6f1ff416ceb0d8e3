"""Who may do what on the ground: named predicates over a person's `Standing`, each with its queryset twin."""

from datetime import date

from django.db.models import Q, QuerySet

from accounts.models import User
from communities.models import Appointment, Compound, PhoneExport, Post, RosterImport
from communities.rules import BodyKind, Role
from communities.standing import (
    BOOKKEEPERS,
    COMMITTEE_ROLES,
    FIRM_ROLES,
    HEADS,
    TOWN_ROLES,
    Holding,
    Standing,
    standing_of,
)

#: Other rooms meet the standing here, beside the predicates that ask it.
__all__ = [
    "BOOKKEEPERS",
    "COMMITTEE_ROLES",
    "FIRM_ROLES",
    "HEADS",
    "TOWN_ROLES",
    "Holding",
    "Standing",
    "standing_of",
]


def may_see_roster(standing: Standing, compound: Compound) -> bool:
    """Names and phones of a compound's owners: those who supervise it, its committee and its firm."""
    return standing.supervises(compound) or standing.in_compound(
        compound.pk, (Role.COMMITTEE_CHAIR, Role.COMMITTEE_TREASURER, Role.FIRM_MANAGER, Role.FIRM_CLERK)
    )


def may_export_phones(standing: Standing, compound: Compound) -> bool:
    """Ask for all full numbers of a compound: the town's office and the village; a second person must agree."""
    return standing.officer_of(compound.village.town_id) or compound.village_id in standing.village_ids


def may_decide_phone_export(standing: Standing, request: PhoneExport) -> bool:
    """Agree or not: the town's office, and never whoever asked."""
    return standing.officer_of(request.compound.village.town_id) and request.asked_by_id != standing.user_id


def may_import_roster(standing: Standing, compound: Compound) -> bool:
    """Town officers and the village's cadres keep the roster; chair and firm manager report theirs."""
    return (
        standing.officer_of(compound.village.town_id)
        or compound.village_id in standing.village_ids
        or standing.in_compound(compound.pk, HEADS)
    )


def roster_imports_of(standing: Standing) -> QuerySet[RosterImport]:
    """The imports of the compounds whose roster the person may import: the queryset twin of `may_import_roster`."""
    heads = [h for h in standing.current if h.role in HEADS]
    compounds = {h.compound_id for h in heads if h.body_id} | {
        compound
        for h in heads
        if h.firm_id
        for firm, compound in standing.firm_compounds
        if firm == h.firm_id and h.compound_id in (None, compound)
    }
    return RosterImport.objects.filter(
        Q(compound__village__town_id__in=[h.town_id for h in standing.current if h.role is Role.TOWN_OFFICER])
        | Q(compound__village_id__in=standing.village_ids)
        | Q(compound_id__in=compounds)
    )


def reach_of(standing: Standing) -> dict[str, list[int]]:
    """Whose lists the person reads today, to be kept beside a file made of them."""
    return {
        "towns": sorted(standing.town_ids),
        "villages": sorted(standing.village_ids),
        "compounds": sorted(standing.committee_compound_ids | standing.firm_compound_ids),
        "bodies": sorted(standing.body_ids),
    }


def still_reaches(standing: Standing, reach: dict[str, list[int]]) -> bool:
    """Whether the person still reads everything they did: a file made of it may be handed out."""
    return all(set(ids) <= set(reach_of(standing).get(kind, ())) for kind, ids in reach.items())


def may_appoint(standing: Standing, *, town_id: int) -> bool:
    """Posts change hands by the town's office (annex: 由继任者担任)."""
    return standing.officer_of(town_id)


def is_board_supervisor_of(standing: Standing, compound_id: int) -> bool:
    """Sits in the compound's supervisory board (监事会), which may review where the bearer is one person."""
    return any(
        h.role is Role.BOARD_SUPERVISOR
        and h.compound_id == compound_id
        and h.body_kind in (BodyKind.SUPERVISORY_BOARD, BodyKind.COMMITTEE)
        for h in standing.current
    )


def may_see_units(standing: Standing, compound: Compound) -> bool:
    """The list of households: who works for the compound or oversees it; owners see their own home only."""
    return (
        compound.village.town_id in standing.town_ids
        or compound.village_id in standing.village_ids
        or compound.pk in standing.committee_compound_ids
        or compound.pk in standing.firm_compound_ids
    )


def may_see_firms(standing: Standing) -> bool:
    """The register of firms: town, villages and auditors."""
    return bool(standing.town_ids or standing.village_ids)


def may_register_firm(standing: Standing) -> bool:
    """The town's office enters firms."""
    return standing.holds(Role.TOWN_OFFICER)


def may_keep_contracts(standing: Standing, compound: Compound) -> bool:
    """Signing and handing over are entered by the town's office or the village (clause 4.4.1)."""
    return standing.officer_of(compound.village.town_id) or compound.village_id in standing.village_ids


def may_appoint_to(standing: Standing, post: Post) -> bool:
    """A body's post by its own town's office; a firm, which belongs to no town, by any town's office."""
    return may_appoint(standing, town_id=post.body.town_id) if post.body else standing.holds(Role.TOWN_OFFICER)


def may_open_account(standing: Standing) -> bool:
    """Accounts are handed out by the town's office, and a forgotten password is renewed there."""
    return standing.holds(Role.TOWN_OFFICER)


def may_renew_password(standing: Standing, person: User, on: date) -> bool:
    """Nobody at the town's office may become a colleague: theirs are renewed by the administrator."""
    return may_open_account(standing) and not person.is_staff and not standing_of(person, on).town_ids


def may_hand_out_slips(standing: Standing, compound: Compound) -> bool:
    """Slips are printed and handed out, and requests are decided, by the village or the town's office."""
    return compound.village_id in standing.village_ids or standing.officer_of(compound.village.town_id)


def is_staff_member(standing: Standing) -> bool:
    """Oversees, audits or administers others: town, villages, auditors, administrators. 等保 level 2 is about them."""
    return bool(standing.town_ids or standing.village_ids or standing.is_administrator)


def may_come_in_by_phone(standing: Standing) -> bool:
    """Residents, committees and firms; whoever oversees others proves themselves by password (等保 level 2)."""
    return not is_staff_member(standing)


def may_be_taken_over_by_slip(standing: Standing) -> bool:
    """A home's slip re-proves a resident, never the holder of a post."""
    return not standing.current and not standing.is_administrator


def may_invite_to(standing: Standing, post: Post) -> bool:
    """The office invites to every post; a firm's manager to the posts below their own, in the compounds they manage."""
    return may_appoint_to(standing, post) or _manages_post(standing, post)


def may_invite_holder(standing: Standing, appointment: Appointment) -> bool:
    """Whoever has a post and no way in: the office anybody, a manager or chair those who never signed in.

    An invitation signs in as the person and sets their password. Were a chair able to send one to a treasurer at
    work, one person could prepare and review (clause 4.3.1 wants two).
    """
    post = appointment.post
    if may_appoint_to(standing, post):
        return True
    return appointment.user.last_login is None and (_manages_post(standing, post) or _chairs_post(standing, post))


def _manages_post(standing: Standing, post: Post) -> bool:
    return (
        post.firm_id is not None
        and post.role not in HEADS
        and any(
            h.role is Role.FIRM_MANAGER and h.firm_id == post.firm_id and h.compound_id in (None, post.compound_id)
            for h in standing.current
        )
    )


def _chairs_post(standing: Standing, post: Post) -> bool:
    return (
        post.body_id is not None
        and post.role not in HEADS
        and any(h.role is Role.COMMITTEE_CHAIR and h.body_id == post.body_id for h in standing.current)
    )


def may_audit(user: User) -> bool:
    """No administrator audits: whoever keeps data or accounts would look at their own work (三员分立)."""
    return not user.is_staff


def may_administer(user: User, on: date) -> bool:
    """No auditor administers, whether already in the post or appointed to it from a coming day."""
    return not Appointment.objects.auditing(on).filter(user=user).exists()
