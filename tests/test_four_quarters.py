"""Four quarters of two compounds with the sweep between: everything that may happen to a disclosure, side by side.

仑后花园: the committee holds the only account, the firm countersigns.
杆头新村: both hold accounts, until the firm leaves and its successor, without an account, countersigns.
"""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from accounts.models import User
from committees.models import Term
from communities.models import Body, Post, PropertyFirm, ServiceContract
from communities.rules import Role
from communities.services import appoint, hand_over, sign_contract
from finance.models import Disclosure, LedgerAccount
from finance.rules import Category
from finance.services.countersign import countersign
from finance.services.drafts import start_draft
from finance.services.timeliness import timeliness_of
from finance.services.verification import verify_disclosures
from kernel.errors import DomainError, NotAllowedError
from kernel.periods import Period
from supervision.models import Obligation, Proposal, Reminder
from supervision.rules import Duty
from tests.cast import World, credit_code
from tests.disclosing import at, bank, enter, open_account, post_everywhere, publish
from tests.law import policy_for, sweep_on

END = date(2027, 2, 1)


def owed(period: str, bearer: Body | PropertyFirm, world: World) -> Obligation:
    who = {"bearer_body": bearer} if isinstance(bearer, Body) else {"bearer_firm": bearer}
    return Obligation.objects.get(duty=Duty.DISCLOSURE, period=period, **who)


def quarter_at_the_bank(account: LedgerAccount, code: str, amount: str = "1000.00") -> None:
    """One parking fee in the quarter, at the bank and in the books."""
    period = Period.parse(code)
    bank(account, period.first, period.last, [(period.first + timedelta(days=9), Category.I03, amount, "", "停车费")])


@pytest.fixture
def year(world: World) -> World:
    policy_for(world.town, date(2026, 1, 1), date(2027, 12, 31))
    world.town.supervised_from_on = date(2026, 1, 2)  # nothing is owed for the year before
    world.town.save()
    world.people["successor"] = User.objects.create(username="successor", name="蔡新华")
    return world


def test_four_quarters(year: World) -> None:
    world = year
    mine = open_account(world, opened_on=date(2026, 1, 1), opening="500.00")
    theirs = open_account(
        world,
        world.other_committee,
        compound=world.other_compound,
        opened_on=date(2026, 1, 1),
        opening="0.00",
        by=world.other_treasurer,
    )
    firms = open_account(
        world,
        world.other_firm,
        compound=world.other_compound,
        opened_on=date(2026, 1, 1),
        opening="80.00",
        by=world.other_clerk,
    )
    for code in ("2026Q1", "2026Q2", "2026Q3", "2026Q4"):
        for account in (mine, theirs, *([firms] if code < "2026Q3" else [])):
            quarter_at_the_bank(account, code)

    first_quarter(world)
    second_quarter(world)
    third_quarter(world, mine)
    fourth_quarter(world)

    sweep_on(END)
    assert outcome() == EXPECTED
    assert overdue_announced() == {
        ("2026Q1", "杆头新村业主委员会"),  # done at the first moment of 1 May: late, if only by a second
        ("2026Q1", "泉州宏远物业管理有限公司"),
        ("2026Q2", "仑后花园业主委员会"),
        ("2026Q2", "石狮安居物业服务有限公司"),
        ("2026Q4", "石狮安居物业服务有限公司"),
    }
    assert {(p.obligation.period, str(p.obligation.bearer)) for p in Proposal.objects.filter(decision="")} >= {
        ("2026Q1", "泉州宏远物业管理有限公司"),
        ("2026Q2", "仑后花园业主委员会"),
    }
    assert list(verify_disclosures()) == []
    # Nothing that ran between depends on how often the sweep ran.
    rows = list(Obligation.objects.order_by("pk").values())
    sweep_on(END)
    assert list(Obligation.objects.order_by("pk").values()) == rows


def first_quarter(world: World) -> None:
    """On time and countersigned; late by one second; published but unposted."""
    sweep_on(date(2026, 4, 1))
    when = at(date(2026, 4, 20))
    mine = publish(owed("2026Q1", world.committee, world), preparer=world.treasurer, head=world.chair, when=when)
    post_everywhere(mine, by=world.member, when=when)
    assert mine.opening_basis == "first"
    countersign(owed("2026Q1", world.firm, world), disclosure=mine, by=world.manager, at=when + timedelta(hours=1))

    theirs = publish(
        owed("2026Q1", world.other_committee, world),
        preparer=world.other_treasurer,
        head=world.other_chair,
        when=at(date(2026, 4, 29)),
    )
    post_everywhere(theirs, by=world.other_chair, when=at(date(2026, 5, 1), 0, 0, 0))

    publish(
        owed("2026Q1", world.other_firm, world),
        preparer=world.other_clerk,
        head=world.other_manager,
        when=at(date(2026, 4, 25)),
    )
    sweep_on(date(2026, 5, 1))
    assert owed("2026Q1", world.other_firm, world).progress == "unposted"


def second_quarter(world: World) -> None:
    """Never filed; on time by one second; a firm that left in between finishes its own and nothing else."""
    sweep_on(date(2026, 7, 1))
    contract = ServiceContract.objects.get(firm=world.other_firm)
    hand_over(contract, ended_on=date(2026, 7, 10), by=world.officer)
    successor = PropertyFirm.objects.create(name="石狮新家园物业服务有限公司", credit_code=credit_code(3))
    sign_contract(
        world.other_compound,
        firm=successor,
        from_on=date(2026, 7, 11),
        until_on=None,
        fee_per_m2=Decimal("0.90"),
        by=world.officer,
    )
    post = Post.objects.create(firm=successor, title="项目经理", role=Role.FIRM_MANAGER)
    appoint(post, user=world.successor, from_on=date(2026, 7, 11), by=world.officer)

    left = publish(
        owed("2026Q2", world.other_firm, world),
        preparer=world.other_clerk,
        head=world.other_manager,
        when=at(date(2026, 7, 20)),
    )
    assert left.opening_basis == "chained"
    post_everywhere(left, by=world.other_clerk, when=at(date(2026, 7, 20)))
    with pytest.raises(NotAllowedError):
        start_draft(
            owed("2026Q2", world.other_firm, world), by=world.other_clerk, at=at(date(2026, 7, 21)), reason="试"
        )

    theirs = publish(
        owed("2026Q2", world.other_committee, world),
        preparer=world.other_treasurer,
        head=world.other_chair,
        when=at(date(2026, 7, 31), 23, 59, 59),
    )
    post_everywhere(theirs, by=world.other_chair, when=at(date(2026, 7, 31), 23, 59, 59))
    sweep_on(date(2026, 8, 1))


def third_quarter(world: World, account: LedgerAccount) -> None:
    """A gap in the chain; a term that ran out; corrected late; the firm's successor countersigns."""
    Term.objects.create(committee=world.committee, number=1, from_on=date(2024, 1, 1), until_on=date(2026, 8, 31))
    sweep_on(date(2026, 10, 1))
    assert not Obligation.objects.filter(duty=Duty.DISCLOSURE, period="2026Q3", bearer_firm=world.other_firm).exists()

    when = at(date(2026, 10, 15))
    mine = publish(owed("2026Q3", world.committee, world), preparer=world.treasurer, head=world.chair, when=when)
    assert (mine.opening_basis, mine.opening) == ("statement", Decimal("2500.00"))
    post_everywhere(mine, by=world.chair, when=when)
    countersign(owed("2026Q3", world.firm, world), disclosure=mine, by=world.manager, at=when)

    theirs = publish(
        owed("2026Q3", world.other_committee, world),
        preparer=world.other_treasurer,
        head=world.other_chair,
        when=when,
    )
    successor = PropertyFirm.objects.get(name__startswith="石狮新家园")
    countersign(owed("2026Q3", successor, world), disclosure=theirs, by=world.successor, at=when)
    post_everywhere(theirs, by=world.other_chair, when=when + timedelta(days=2))
    sweep_on(date(2026, 11, 1))

    late = at(date(2026, 11, 5))
    for category in (Category.I13, Category.E05):
        enter(account, date(2026, 9, 30), category, "40.00", text="漏记")
    corrected = publish(
        owed("2026Q3", world.committee, world),
        preparer=world.treasurer,
        head=world.chair,
        when=late,
        reason="漏记一收一支",
    )
    assert (corrected.version, corrected.closing) == (2, mine.closing)


def fourth_quarter(world: World) -> None:
    """Chained to the corrected version; the firm that does not countersign is late by itself."""
    sweep_on(date(2027, 1, 1))
    when = at(date(2027, 1, 31), 23, 59, 59)
    mine = publish(owed("2026Q4", world.committee, world), preparer=world.treasurer, head=world.chair, when=when)
    previous = Disclosure.objects.of_quarter(mine.account_id, "2026Q3").first()
    assert previous is not None
    assert (previous.version, mine.opening, mine.opening_basis) == (2, previous.closing, "chained")
    post_everywhere(mine, by=world.chair, when=when)
    theirs = publish(
        owed("2026Q4", world.other_committee, world),
        preparer=world.other_treasurer,
        head=world.other_chair,
        when=when,
    )
    post_everywhere(theirs, by=world.other_chair, when=when)
    successor = PropertyFirm.objects.get(name__startswith="石狮新家园")
    countersign(owed("2026Q4", successor, world), disclosure=theirs, by=world.successor, at=when)
    with pytest.raises(DomainError, match="会签"):
        start_draft(owed("2026Q4", world.firm, world), by=world.manager, at=when)


def outcome() -> dict[tuple[str, str], str]:
    """(quarter, bearer) → the words of the page on the last day, with what is marked besides."""
    told = {}
    for obligation in Obligation.objects.filter(duty=Duty.DISCLOSURE, period__startswith="2026").for_display():
        words = timeliness_of(obligation, END).words if obligation.progress != "none" else "未公示"
        if obligation.corrected_late_at is not None:
            words += "；逾期更正"
        assert obligation.is_late(END) == ("逾期" in words.split("；")[0] or words == "未公示")
        told[obligation.period, str(obligation.bearer)] = words
    return told


def overdue_announced() -> set[tuple[str, str]]:
    announced = Reminder.objects.filter(step="overdue", obligation__duty=Duty.DISCLOSURE)
    return {(each.obligation.period, str(each.obligation.bearer)) for each in announced.select_related("obligation")}


EXPECTED = {
    ("2026Q1", "仑后花园业主委员会"): "按时，提前 10 天",
    ("2026Q1", "石狮安居物业服务有限公司"): "按时，提前 10 天",
    ("2026Q1", "杆头新村业主委员会"): "逾期 1 天完成",
    ("2026Q1", "泉州宏远物业管理有限公司"): "尚未张贴齐，已逾期 277 天",
    ("2026Q2", "仑后花园业主委员会"): "未公示",
    ("2026Q2", "石狮安居物业服务有限公司"): "未公示",
    ("2026Q2", "杆头新村业主委员会"): "按时，截止当日完成",
    ("2026Q2", "泉州宏远物业管理有限公司"): "按时，提前 11 天",
    ("2026Q3", "仑后花园业主委员会"): "按时，提前 16 天；逾期更正",
    ("2026Q3", "石狮安居物业服务有限公司"): "按时，提前 16 天",
    ("2026Q3", "杆头新村业主委员会"): "按时，提前 14 天",
    ("2026Q3", "石狮新家园物业服务有限公司"): "按时，提前 14 天",
    ("2026Q4", "仑后花园业主委员会"): "按时，截止当日完成",
    ("2026Q4", "石狮安居物业服务有限公司"): "未公示",
    ("2026Q4", "杆头新村业主委员会"): "按时，截止当日完成",
    ("2026Q4", "石狮新家园物业服务有限公司"): "按时，截止当日完成",
}
