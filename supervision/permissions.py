"""Who may do what about obligations and policies. Role names appear here and nowhere else in this app."""

from collections.abc import Iterable
from datetime import date

from django.db.models import Q, QuerySet

from accounts.models import User
from communities.models import Appointment, Compound, Post, Town, Village
from communities.permissions import BOOKKEEPERS, Standing
from communities.querysets import in_office
from communities.rules import Role
from supervision.models import Extension, Obligation, Policy
from supervision.querysets import ObligationQuerySet

#: Holders of these posts do a firm's or a committee's duties, and are told of them.
BEARERS_PEOPLE = tuple(sorted(BOOKKEEPERS))
#: Holders of these posts do the duties of the town's bodies (方案四（一）1: 领导小组下设办公室).
TOWN_BODIES_PEOPLE = (Role.TOWN_OFFICER,)
#: Holders of these posts are told when proposals to urge wait; whoever `may_urge` may decide them.
DECIDE_URGING = (Role.TOWN_OFFICER, Role.VILLAGE_CADRE)


def people_of_bearer(obligation: Obligation, on: date, roles: frozenset[Role] = BOOKKEEPERS) -> QuerySet[User]:
    """Who acts for the bearer on a day by one of the posts, or did on the period's last day."""
    current = _held(on) & (Q(post__firm__isnull=False) | in_office(on, prefix="post__body__"))
    suspended = Q(suspended_from_on__lte=on) & (Q(suspended_until_on__isnull=True) | Q(suspended_until_on__gte=on))
    posts = Post.objects.filter(role__in=roles, body=obligation.bearer_body_id, firm=obligation.bearer_firm_id).filter(
        Q(compound__isnull=True) | Q(compound=obligation.compound_id)
    )
    held = Appointment.objects.filter(current | _held(obligation.period_last_on), post__in=posts).exclude(suspended)
    return User.objects.filter(is_active=True, appointments__in=held).distinct()


def people_of_bearers(obligations: Iterable[Obligation], on: date) -> dict[int, list[User]]:
    """`people_of_bearer` of many at once, by obligation, in one statement."""
    wanted = list(obligations)
    bodies, firms = {o.bearer_body_id for o in wanted}, {o.bearer_firm_id for o in wanted}
    held = Appointment.objects.filter(
        Q(post__body__in=bodies - {None}) | Q(post__firm__in=firms - {None}),
        post__role__in=BOOKKEEPERS,
        user__is_active=True,
    ).select_related("post__body", "user")
    by_bearer: dict[tuple[int | None, int | None], list[Appointment]] = {}
    for one in held:
        by_bearer.setdefault((one.post.body_id, one.post.firm_id), []).append(one)
    return {o.pk: _told_of(o, by_bearer.get((o.bearer_body_id, o.bearer_firm_id), ()), on) for o in wanted}


def _told_of(obligation: Obligation, held: Iterable[Appointment], on: date) -> list[User]:
    """Of the bearer's appointments, the people who act for it on the day or did on the period's last."""
    found: dict[int, User] = {}
    for one in held:
        body = one.post.body
        elsewhere = one.post.compound_id not in (None, obligation.compound_id)
        suspended = _covers(one.suspended_from_on, one.suspended_until_on, on) if one.suspended_from_on else False
        acts_now = _covers(one.from_on, one.until_on, on) and (body is None or _covers(body.from_on, body.ended_on, on))
        acted_then = _covers(one.from_on, one.until_on, obligation.period_last_on)
        if not elsewhere and not suspended and (acts_now or acted_then):
            found[one.user_id] = one.user
    return list(found.values())


def _covers(from_on: date | None, until_on: date | None, day: date) -> bool:
    return from_on is not None and from_on <= day and (until_on is None or until_on >= day)


def _held(day: date) -> Q:
    return Q(from_on__lte=day) & (Q(until_on__isnull=True) | Q(until_on__gte=day))


# -- Urging ------------------------------------------------------------------------------------------------------------


def may_urge(standing: Standing, obligation: Obligation) -> bool:
    """Urge a firm or a compound's body: the town's officers and leaders, the village's cadres (clause 4.3.1).

    The town's own bodies are not urged through the portal; the sweep tells them, and everybody sees their lateness.
    """
    compound = obligation.compound
    if compound is None or (obligation.bearer_body is not None and obligation.bearer_body.compound_id is None):
        return False
    return standing.supervises(compound)


def urgeable_by(standing: Standing, obligations: ObligationQuerySet) -> ObligationQuerySet:
    """Those of the obligations the person may urge and that are open: the queryset twin of `may_urge`."""
    reach = Q(compound__village__town_id__in=standing.supervised_town_ids) | Q(
        compound__village_id__in=standing.village_ids
    )
    of_compound = Q(bearer_firm__isnull=False) | Q(bearer_body__compound__isnull=False)
    return obligations.open().filter(reach, of_compound)


def urges_as(standing: Standing, obligation: Obligation) -> str:
    """The post by which the person urges, as it is recorded: 小区服务岗 办公室成员."""
    compound = obligation.compound
    for holding in standing.current:
        of_town = holding.role in (Role.TOWN_OFFICER, Role.TOWN_LEADER) and holding.town_id == obligation.town_id
        of_village = holding.role is Role.VILLAGE_CADRE and compound and holding.village_id == compound.village_id
        if of_town or of_village:
            return f"{holding.place} {holding.title}"
    return ""


def oversees_anything(standing: Standing) -> bool:
    """Whether urging is the person's business at all; which obligation is asked by `may_urge`."""
    return standing.holds(Role.TOWN_OFFICER, Role.TOWN_LEADER, Role.VILLAGE_CADRE)


# -- Performance -------------------------------------------------------------------------------------------------------


def may_record_performance(standing: Standing, obligation: Obligation) -> bool:
    """Record that a duty was performed: the bearer's people, also by the post they held on the period's last day.

    For the town's own bodies its officers (clause 4.1.1: the office does the leading group's business).
    """
    body = obligation.bearer_body
    if body is not None and body.compound_id is None:
        return standing.officer_of(obligation.town_id)
    holding = standing.bears(
        body_id=obligation.bearer_body_id,
        firm_id=obligation.bearer_firm_id,
        compound_id=obligation.compound_id,
        on=obligation.period_last_on,
        roles=BOOKKEEPERS,
    )
    return holding is not None


# -- The law -----------------------------------------------------------------------------------------------------------


def towns_of(standing: Standing) -> QuerySet[Town]:
    """The towns whose law concerns the person: where they hold a post, serve a compound or own a home."""
    compounds = Compound.objects.filter(pk__in=standing.compound_ids).values("village__town")
    villages = Village.objects.filter(pk__in=standing.village_ids).values("town")
    held = {h.town_id for h in standing.current if h.town_id}
    return Town.objects.filter(Q(pk__in=held) | Q(pk__in=compounds) | Q(pk__in=villages)).order_by("pk")


def may_enter_policy(standing: Standing, town: Town) -> bool:
    """Enter or take back a document: the town's 小区服务岗."""
    return standing.officer_of(town.pk)


def may_confirm_policy(standing: Standing, policy: Policy) -> bool:
    """Confirm a document another person entered: an officer or leader of the town."""
    return policy.entered_by_id != standing.user_id and any(
        h.role in (Role.TOWN_OFFICER, Role.TOWN_LEADER) and h.town_id == policy.town_id for h in standing.current
    )


def may_enter_extension(standing: Standing, town: Town) -> bool:
    """Enter an extension of deadlines, or withdraw one: the town's 小区服务岗."""
    return standing.officer_of(town.pk)


def may_confirm_extension(standing: Standing, extension: Extension) -> bool:
    """Confirm an extension another person entered: an officer or leader of the town."""
    return extension.entered_by_id != standing.user_id and any(
        h.role in (Role.TOWN_OFFICER, Role.TOWN_LEADER) and h.town_id == extension.town_id for h in standing.current
    )


def may_keep_pilot_register(standing: Standing, town: Town) -> bool:
    """Enter a compound into the pilot of clause 4.3.5, and note that it left."""
    return standing.officer_of(town.pk)
