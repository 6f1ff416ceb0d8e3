"""Every address of the portal with real ids: of the own compound, of the neighbour's, and of nothing at all."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from accounts.models import DataRequest, User
from accounts.rules import ConsentField, LinkKind
from accounts.services import make_link
from accounts.services.own_data import ask_about_own_data
from committees.services import keep_card, register_term, seat_member
from communities.models import (
    Appointment,
    Body,
    City,
    Compound,
    Owner,
    Ownership,
    Post,
    PropertyFirm,
    Town,
    Unit,
    Village,
)
from communities.rules import BodyKind, CompoundKind, Relation, Role
from communities.services import make_slips, request_binding
from communities.services.phones import ask_for_phones, decide_phone_export
from communities.services.roster import start_import
from evaluations.models import MarkFile, Survey
from evaluations.rules import SurveyKind
from evaluations.services.appraisals.replying import reply
from evaluations.services.appraisals.scoring import Points, score_items
from evaluations.services.opening import open_survey
from files.exporting import request_export
from finance.models import DisclosureDraft
from finance.services.booking import Choice, book_lines
from finance.services.entries import Posting, record_entry
from finance.services.vouchers import Proof
from notices.models import Message
from notices.models import Posting as PostedPaper
from notices.services import send_message
from supervision.models import Extension, Obligation, PerformanceFile, Policy, SweepRun
from supervision.rules import Duty
from supervision.services.performance import record_performance
from supervision.services.pilot import enter_pilot
from supervision.tasks import make_obligations_export
from tests import appraising, books, fieldwork
from tests.cast import EARLIER, NOON, TODAY, World
from tests.disclosing import at, draft_of, owe, policy_of, post_everywhere, publish
from tests.editing import plain_draft, plain_edition
from tests.law import policy_for
from tests.rosters import as_xlsx, home
from tests.surveying import count, end_now, homes, start, votes

Ids = dict[str, str]
#: No object has it.
ABSENT = "0" * 16


@dataclass(frozen=True)
class Route:
    """An address by name, with the names of the ids it holds."""

    name: str
    ids: tuple[str, ...]

    def url(self, ids: Ids) -> str:
        return reverse(self.name, kwargs={key: ids[self.place_of(key)] for key in self.ids})

    def place_of(self, key: str) -> str:
        """Which object an id means here: `public_id` says it by the name of the address only."""
        if key == "id":
            return self.name
        return self.name if key == "public_id" else key

    @property
    def takes_ids(self) -> bool:
        return bool(self.ids)


def all_routes() -> list[Route]:
    """What the resolver knows, the administration's pages left out."""
    return sorted(set(_walk(get_resolver().url_patterns, "", ())), key=lambda route: route.name)


def _walk(patterns: list[URLPattern | URLResolver], space: str, above: tuple[str, ...]) -> Iterator[Route]:
    for one in patterns:
        ids = (*above, *one.pattern.regex.groupindex)
        if isinstance(one, URLPattern):
            if one.name is not None:
                yield Route(f"{space}{one.name}", ids)
        elif one.namespace != "admin":
            yield from _walk(one.url_patterns, f"{space}{one.namespace}:" if one.namespace else space, ids)


#: By address: the object meant by its `public_id`.
_MEANT = {
    "account": "account account_export close_account opening_proof enter lines statements upload_statement"
    " nil_statement",
    "compound": "open_account",
    "entry": "entry reverse correct add_vouchers",
    "voucher": "voucher voucher_publicity take_back ask_take_back decide_take_back",
    "line": "line split_line",
    "upload": "statement_upload confirm_statement",
    "statement": "statement withdraw_statement statement_file",
    "disclosure": "check disclosure poster spreadsheet posting posting_photo",
    "owed": "draft draft_start draft_correct draft_edit draft_list_line draft_list_sum draft_unlist draft_submit"
    " draft_review draft_return draft_discard draft_publish draft_countersign",
    "duty": "obligation urge perform decline_urging",
    "proof": "performance_file",
    "edition": "edition table poster",
    "policy": "policy policy_scan confirm_policy withdraw_policy",
    "extension": "extension confirm_extension withdraw_extension",
    "survey": "survey end_early drop vote paper poster",
    "counted": "result decide ballot_list receipt comments",
    "final": "appraisal correct recalculation inputs evidence",
    "scored": "score item adjust veto take_back submit",
    "told": "return tell reply rest answer final",
}
#: A page and a picture of the manual, the same for everybody.
_MANUAL = {"manual_name": "town", "picture": "town-desk-390"}
_SPACES = dict.fromkeys(("duty", "proof", "policy"), "supervision") | dict.fromkeys(
    ("survey", "counted"), "evaluations"
)
_OF_APPRAISALS = ("final", "scored", "told")
#: An item of every method, and a half-year nobody has started.
_OF_A_METHOD = {"item_code": "R1", "half_year": "2027H1"}
#: One paper, one recipient of an edition.
_OF_EDITIONS = {"paper": "news_text", "recipient": "housing"}


@dataclass(frozen=True)
class Estate:
    """The neighbours' and one's own things, one of every kind, by the name of the address or of the id."""

    ours: Ids
    theirs: Ids


def build_estate(world: World) -> Estate:
    """Everything twice: in the compound of the first cast and in the other one, under another town's law."""
    policy_of(world)
    far = Town.objects.create(city=City.objects.create(code="350582", name="晋江市"), code="350582101", name="外镇")
    ours = _things(
        world,
        world.compound,
        people=(world.treasurer, world.chair),
        owner=world.owner,
    )
    theirs = _things(
        world,
        world.other_compound,
        people=(world.other_treasurer, world.other_chair),
        owner=world.other_owner,
    )
    abroad = _abroad(far)
    imports = [fieldwork.previewed_import(town, by=by) for town, by in ((world.town, world.officer), (far, abroad[1]))]
    appraised = _appraisals(world)
    filters = [_filter_of(person) for person in (world.officer, world.other_cadre)]
    exports = [_export_of(person) for person in (world.officer, world.other_cadre)]
    SweepRun.objects.create(on=TODAY, started_at=NOON, finished_at=NOON)
    papers = [
        _editions(world.town, world.compound, by=world.officer, approved_by=world.second_officer),
        _editions(far, *abroad),
    ]
    waiting = policy_for(world.town, date(2027, 1, 1), number="示例政〔2027〕1号", confirmed=False)
    foreign = policy_for(far, date(2026, 1, 1), confirmed=False)
    return Estate(
        ours
        | appraised[world.compound.pk]
        | _law(waiting, _extension(world.town, world))
        | papers[0]
        | {"town_code": world.town.code, "export_id": exports[0], "supervision:drop_filter": filters[0]}
        | {"ticket_import_id": imports[0].public_id}
        | _MANUAL,
        theirs
        | appraised[world.other_compound.pk]
        | _law(foreign, _extension(far, world))
        | papers[1]
        | {"town_code": far.code, "export_id": exports[1], "supervision:drop_filter": filters[1]}
        | {"ticket_import_id": imports[1].public_id}
        | _MANUAL,
    )


def _abroad(far: Town) -> tuple[Compound, User, User]:
    """A compound of the other town, and two who work at its office."""
    village = Village.objects.create(town=far, name="外村", duty_area="外点")
    compound = Compound.objects.create(village=village, name="外小区", kind=CompoundKind.COMMERCIAL, built_year=2010)
    office = Body.objects.create(kind=BodyKind.OFFICE, name="外镇小区服务岗", town=far, from_on=EARLIER)
    post = Post.objects.create(body=office, title="办公室成员", role=Role.TOWN_OFFICER)
    people = [User.objects.create_user(f"far_{name}", name=name) for name in ("甲", "乙")]
    for person in people:
        Appointment.objects.create(post=post, user=person, from_on=EARLIER, basis="示例")
    return compound, people[0], people[1]


def _editions(town: Town, compound: Compound, by: User, approved_by: User) -> Ids:
    """One published and one that waits for its second person."""
    edition = plain_edition(town, compound, by=by, approved_by=approved_by)
    draft = plain_draft(town, compound, period="2026Q1", by=by)
    names = _MEANT["edition"].split()
    return {
        **{f"editions:{name}": edition.public_id for name in names},
        **_OF_EDITIONS,
        "edition_id": edition.public_id,
        "draft_id": draft.public_id,
        "dispatch_id": edition.dispatches.get().public_id,
    }


def _export_of(person: User) -> str:
    """The whole list of obligations, asked for and made."""
    task = make_obligations_export
    job = request_export(task.name, title="义务事项", asked={"query": ""}, rows=1, by=person, at=NOON)
    task(job.pk)
    return job.public_id


def _filter_of(person: User) -> str:
    return str(person.saved_filters.create(name="常用", query="state=overdue", saved_at=NOON).public_id)


def _law(policy: Policy, extension: Extension) -> Ids:
    meant = {"policy": policy.public_id, "extension": extension.public_id}
    return {f"supervision:{name}": meant[thing] for thing in meant for name in _MEANT[thing].split()}


def _extension(town: Town, world: World) -> Extension:
    """One that waits for its second person."""
    return Extension.objects.create(
        town=town,
        from_on=date(2026, 12, 31),
        until_on=date(2026, 12, 31),
        new_on=date(2027, 1, 10),
        reason="系统故障",
        basis="运行记录 2026-12-31",
        entered_by=world.officer,
        entered_at=NOON,
    )


def _things(world: World, compound: Compound, *, people: tuple[User, User], owner: User) -> Ids:
    keeper, head = people
    committee = world.committee if compound == world.compound else world.other_committee
    firm = world.firm if compound == world.compound else world.other_firm
    account = books.account_of(world, holder=committee, by=keeper, number=f"35050165738800{compound.pk:06}")
    entry = record_entry(
        account,
        Posting(date(2026, 10, 3), "I01", Decimal("800.00"), text="电梯广告"),
        vouchers=[Proof(books.picture(), title="发票")],
        by=keeper,
        at=NOON,
    )
    lines = books.take_in(
        account,
        books.csv_file([("2026-07-09", "100.00", "48310.35", "泊车公司", "停车费")]),
        from_on=date(2026, 7, 1),
        until_on=date(2026, 9, 30),
    )
    book_lines(account, {line.public_id: Choice("I03") for line in lines.lines.all()}, by=keeper, at=NOON)
    books.take_in(account, books.csv_file([("2026-10-04", "6.00", "48316.35", "丰巢公司", "快递柜")]))
    waiting = books.upload(account, books.csv_file([("2026-10-08", "10.00", "48326.35", "泊车公司", "停车费")]))
    owed = owe(world, "2026Q3", committee, compound=compound)
    disclosure = publish(owed, preparer=keeper, head=head, when=at(date(2026, 10, 20)))
    post_everywhere(disclosure, by=keeper, when=at(date(2026, 10, 21)))
    draft_of(owed, by=keeper, when=NOON, reason="更正说明")
    found = _work(world, compound, committee=committee, keeper=keeper, owner=owner)
    found |= _ground(world, compound, committee=committee, firm=firm, keeper=keeper)
    found |= _doors(world, owner) | fieldwork.things(compound, by=world.officer)
    meant = (
        found
        | _surveys(world, compound)
        | {
            "account": account.public_id,
            "compound": compound.public_id,
            "entry": entry.public_id,
            "voucher": entry.vouchers.get().public_id,
            "line": account.lines.not_booked().get().public_id,
            "upload": waiting.public_id,
            "statement": lines.public_id,
            "disclosure": disclosure.public_id,
            "owed": owed.public_id,
        }
    )
    posting = PostedPaper.objects.filter(subject__public_id=disclosure.public_id).first()
    by_address = {
        f"{_SPACES.get(thing, 'finance')}:{name}": meant[thing]
        for thing, names in _MEANT.items()
        if thing in meant
        for name in names.split()
    }
    return (
        found
        | {"comment_id": meant["comment_id"]}
        | by_address
        | {
            "compound_id": compound.public_id,
            "survey_id": meant["survey"],
            "posting_id": posting.public_id,
            "item_id": _listed_item(owed),
            "api-compound-detail": compound.public_id,
            "api-obligation-detail": owed.public_id,
            "api-disclosure-detail": disclosure.public_id,
        }
    )


def _surveys(world: World, compound: Compound) -> Ids:
    """One that is open, and one that was counted and proposes something."""
    start(world, SurveyKind.COMMITTEE, SurveyKind.FIRM, compound=compound)
    units = homes(compound, 12)
    for survey in Survey.objects.filter(compound=compound):
        open_survey(survey.pk)
    survey, counted = (Survey.objects.get(compound=compound, kind=kind) for kind in SurveyKind.values[:2])
    votes(counted, units, "E" * 12, comment="保洁不到位")
    end_now(counted, world.officer)
    count(counted)
    comment = counted.comments.first()
    return {"survey": survey.public_id, "counted": counted.public_id, "comment_id": comment.pk}


def _appraisals(world: World) -> dict[int, Ids]:
    """By compound: one final with evidence, one being scored, one the firm has replied to; each of a half-year."""
    now = appraising.HALF
    for period in (now, now.previous(), now.previous().previous()):
        appraising.opened(world, period=period)
    found = {}
    for compound, manager in ((world.compound, world.manager), (world.other_compound, world.other_manager)):
        last = now.previous().previous()
        proven = Points("R1", Decimal(20), "台账齐全", [books.picture("green", f"台账{compound.pk}.png")])
        score_items(appraising.of(compound, period=last), [proven], by=world.officer, at=NOON)
        told = appraising.told(world, compound, period=now.previous())
        objection = reply(told, code="R1", text="台账已补齐", by=manager, at=NOON)
        objects = {
            "final": appraising.final(world, compound, period=last),
            "scored": appraising.of(compound),
            "told": told,
        }
        found[compound.pk] = {
            "reply_id": objection.public_id,
            "file_id": MarkFile.objects.get(mark__appraisal=objects["final"]).file.public_id,
            **_OF_A_METHOD,
        } | {
            f"appraisals:{name}": objects[thing].public_id for thing in _OF_APPRAISALS for name in _MEANT[thing].split()
        }
    return found


def _listed_item(owed: Obligation) -> str:
    draft = DisclosureDraft.objects.open().get(obligation=owed)
    return str(draft.reconciling.create(amount="1.00", reason="银行在途").public_id)


def _work(world: World, compound: Compound, *, committee: Body, keeper: User, owner: User) -> Ids:
    """A forum that is open, one that was held and proven, a message."""
    facts = {
        "duty": Duty.OWNERS_FORUM,
        "town": world.town,
        "compound": compound,
        "bearer_body": committee,
        "policy": policy_of(world),
        "opened_on": date(2026, 7, 1),
    }
    duty = Obligation.objects.create(
        **facts,
        period="2026Q4",
        period_first_on=date(2026, 10, 1),
        period_last_on=date(2026, 12, 31),
        due_on=date(2026, 12, 31),
        deadline_on=date(2026, 12, 31),
    )
    held = Obligation.objects.create(
        **facts,
        period="2026Q3",
        period_first_on=date(2026, 7, 1),
        period_last_on=date(2026, 9, 30),
        due_on=date(2026, 9, 30),
        deadline_on=date(2026, 9, 30),
    )
    record_performance(
        held,
        held_on=date(2026, 9, 20),
        summary="在小区活动室召开，二十六位业主参加。",
        proofs=[books.picture("red", "签到表.png")],
        by=keeper,
        at=NOON,
    )
    proof = PerformanceFile.objects.get(performance__obligation=held).file
    asked = ask_about_own_data(owner, DataRequest.Kind.CORRECT, text="号码已换，请更正", at=NOON)
    send_message([owner], kind=Message.Kind.NEWS, title="通知", dedupe_key=f"示例:{compound.pk}")
    return {
        "duty": duty.public_id,
        "data_request_id": asked.public_id,
        "proof": proof.public_id,
        "message_id": Message.objects.inbox_of(owner).get(title="通知").public_id,
    }


def _doors(world: World, owner: User) -> Ids:
    """A home with an open slip, a request that waits, a link handed over to its owner."""
    unit = Unit.objects.get(ownerships__owner__user=owner)
    slip = make_slips([unit], where=str(unit), by=world.officer, at=NOON, on=TODAY)[0]
    _, secret = make_link(owner, kind=LinkKind.SIGN_IN, by=world.officer, at=NOON)
    asked = request_binding(unit, user=world.stranger, relation=Relation.FAMILY, note="", at=NOON)
    return {
        "unit_id": unit.public_id,
        "bound_id": owner.public_id,
        "request_id": asked.public_id,
        "code": slip.secret,
        "secret": secret,
    }


def _ground(world: World, compound: Compound, *, committee: Body, firm: PropertyFirm, keeper: User) -> Ids:
    Post.objects.get_or_create(body=committee, title="委员", defaults={"role": Role.COMMITTEE_MEMBER})
    neighbour = Owner.objects.create(compound=compound, name="卢静婷", phone="13900002222")
    Ownership.objects.create(unit=Unit.objects.filter(building__compound=compound).first(), owner=neighbour)
    term = register_term(committee, from_on=EARLIER, until_on=date(2028, 12, 31), by=world.officer)
    seat = seat_member(term, owner=neighbour, title="委员", from_on=EARLIER, by=world.officer)
    keep_card(
        seat,
        affiliation="party",
        pledge="认真履职。",
        portrait=books.picture("blue", "照片.png"),
        agreed=[ConsentField.PHOTO],
        by=seat.appointment.user,
        at=NOON,
    )
    job = start_import(
        compound, upload=SimpleUploadedFile("名册.xlsx", as_xlsx(home("0101"), home("0102"))), by=world.officer
    )
    enter_pilot(compound, on=date(2026, 10, 1), by=world.officer)
    asked = ask_for_phones(compound, reason="通知停水", by=world.officer, at=NOON)
    decide_phone_export(asked, agrees=True, by=world.second_officer, at=NOON)
    post = firm.posts.first()
    return {
        "body_id": committee.public_id,
        "post_id": post.public_id,
        "appointment_id": post.appointments.first().public_id,
        "person_id": keeper.public_id,
        "firm_id": firm.public_id,
        "contract_id": compound.contracts.first().public_id,
        "import_id": job.public_id,
        "village_id": compound.village.public_id,
        "term_id": term.public_id,
        "owner_id": neighbour.public_id,
        "phone_export_id": asked.public_id,
        "seat_id": seat.appointment.public_id,
    }
