"""可公开 after publication: the bearer asks with a reason, the town decides, and until then residents read on."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from threading import Barrier

import pytest
from django.db import IntegrityError, connections, transaction
from django.urls import reverse

from accounts.models import ActionRecord
from finance.models import Entry, TakeBack, Voucher
from finance.services.publicity import ask_to_take_back, decide_take_back, is_out, mark_voucher
from finance.services.vouchers import Proof, attach_voucher
from kernel.errors import ConflictError, DomainError, NotAllowedError
from notices.models import Message
from tests.books import picture
from tests.cast import NOON, World, build_world
from tests.disclosing import at, publish, third_quarter
from tests.doors import hides_from, refuses, requires_login, serves
from tests.statements import CEILING, statements

PUBLISHED = at(date(2026, 10, 20))
REASON = "票面有业主的身份证号"


@dataclass
class Shown:
    """A voucher that residents can open, with the address of its disclosure."""

    voucher: Voucher
    page: str

    def url(self, name: str) -> str:
        return reverse(f"finance:{name}", args=[self.voucher.public_id])


def disclosed(world: World) -> Shown:
    obligation, account = third_quarter(world)
    entry: Entry = account.entries.get(category="E11")
    voucher = attach_voucher(
        entry, Proof(picture("red"), title="灭火器发票", is_public=True), by=world.treasurer, at=PUBLISHED
    )
    disclosure = publish(obligation, preparer=world.treasurer, head=world.chair, when=PUBLISHED)
    return Shown(voucher, reverse("finance:disclosure", args=[disclosure.public_id]))


@pytest.fixture
def shown(world: World) -> Shown:
    return disclosed(world)


def asked(shown: Shown, world: World) -> TakeBack:
    return ask_to_take_back(shown.voucher, reason=REASON, by=world.treasurer, at=NOON)


def test_a_voucher_residents_can_open_is_not_closed_by_its_keeper(world, shown, client_of):
    answer = client_of(world.treasurer).post(shown.url("voucher_publicity"), {"is_public": "0"}, follow=True)
    assert "不能自行收回" in answer.content.decode()
    assert "申请收回公开" in answer.content.decode()
    assert Voucher.objects.get().is_public
    serves(world.owner, shown.url("voucher"))


def test_before_publication_the_mark_is_the_keepers(world, client_of):
    _, account = third_quarter(world)
    voucher = attach_voucher(account.entries.first(), Proof(picture("red"), is_public=True), by=world.chair, at=NOON)
    mark_voucher(voucher, is_public=False, by=world.treasurer)
    assert not Voucher.objects.get().is_public
    with pytest.raises(DomainError, match="可以直接改为不公开"):
        ask_to_take_back(voucher, reason=REASON, by=world.treasurer, at=NOON)


def test_until_it_is_agreed_it_stays_public(world, shown, client_of):
    client = client_of(world.treasurer)
    assert "请写明为什么要收回公开" in client.post(shown.url("ask_take_back"), {"reason": " "}).content.decode()
    client.post(shown.url("ask_take_back"), {"reason": REASON})
    request = TakeBack.objects.get()
    assert (request.asked_by, request.reason, request.is_open) == (world.treasurer, REASON, True)
    serves(world.owner, shown.url("voucher"))
    assert set(Message.objects.filter(title__contains="是否收回公开").values_list("recipient__name", flat=True)) == {
        world.officer.name,
        world.second_officer.name,
    }
    assert "期间继续公开" in client_of(world.auditor).get(shown.url("take_back")).content.decode()


def test_the_town_agrees_and_both_sides_read_why(world, shown, client_of):
    request = asked(shown, world)
    told = {"agreed": "yes", "remark": "应先遮盖号码再公开", "seen": request.public_id}
    client_of(world.officer).post(shown.url("decide_take_back"), told)
    request.refresh_from_db()
    assert (request.decision, request.decided_by, request.remark) == ("agreed", world.officer, "应先遮盖号码再公开")
    hides_from(world.owner, shown.url("voucher"))
    serves(world.auditor, shown.url("voucher"))
    page = client_of(world.treasurer).get(shown.url("take_back")).content.decode()
    for words in (REASON, "应先遮盖号码再公开", world.officer.name, world.treasurer.name):
        assert words in page
    assert "经镇小区岗同意，2026年10月29日收回公开" in client_of(world.owner).get(shown.page).content.decode()
    assert REASON not in client_of(world.owner).get(shown.page).content.decode()
    assert Message.objects.filter(recipient=world.treasurer, title__contains="已同意收回").count() == 1
    assert ActionRecord.objects.filter(act="凭证收回公开：已同意收回", by=world.officer).count() == 1


def test_the_town_refuses_and_the_voucher_stays(world, shown, client_of):
    request = asked(shown, world)
    client = client_of(world.officer)
    page = client.post(shown.url("decide_take_back"), {"agreed": "no", "remark": "", "seen": request.public_id})
    assert page.status_code == 422
    assert "请写明同意或不同意的理由" in page.content.decode()
    client.post(shown.url("decide_take_back"), {"agreed": "no", "remark": "没有个人信息", "seen": request.public_id})
    serves(world.owner, shown.url("voucher"))
    assert is_out(shown.voucher)
    again = ask_to_take_back(shown.voucher, reason="另有原因", by=world.treasurer, at=NOON)
    assert again.is_open
    assert "未同意，继续公开" in client.get(shown.url("take_back")).content.decode()


def test_it_is_asked_once_at_a_time_and_decided_once(world, shown):
    request = asked(shown, world)
    with pytest.raises(ConflictError, match="已有一份申请"):
        asked(shown, world)
    decide_take_back(request, agreed=False, remark="不同意", by=world.officer, at=NOON)
    with pytest.raises(ConflictError, match="已由他人决定"):
        decide_take_back(request, agreed=True, remark="同意", by=world.second_officer, at=NOON)
    assert Voucher.objects.get().is_public


def test_the_request_is_work_on_the_officers_desk_until_it_is_decided(world, shown, client_of):
    line = "“灭火器发票”是否收回公开"
    request = asked(shown, world)
    for name in ("officer", "second_officer"):
        page = serves(world.people[name], "/desk/").content.decode()
        assert line in page
        assert shown.url("take_back") in page
        assert REASON in page
    for name in ("leader", "auditor", "cadre", "treasurer"):
        assert line not in serves(world.people[name], "/desk/").content.decode()
    assert statements(client_of(world.officer), "/desk/") <= CEILING
    decide_take_back(request, agreed=False, remark="不同意", by=world.officer, at=NOON)
    assert line not in serves(world.officer, "/desk/").content.decode()


def test_nobody_decides_what_they_asked_for(world, shown):
    """Also not an officer who keeps the books of a compound by a second post."""
    request = ask_to_take_back(shown.voucher, reason=REASON, by=world.officer, at=NOON)
    with pytest.raises(NotAllowedError, match="另一人"):
        decide_take_back(request, agreed=True, remark="同意", by=world.officer, at=NOON)
    with pytest.raises(IntegrityError, match="nobody_decides_the_take_back"), transaction.atomic():
        TakeBack.objects.update(decision="agreed", remark="x", decided_by=world.officer, decided_at=NOON)


def test_the_database_closes_no_public_voucher_without_consent(world, shown):
    with pytest.raises(IntegrityError, match="with consent only"), transaction.atomic():
        Voucher.objects.update(is_public=False)
    with pytest.raises(IntegrityError, match="with consent only"), transaction.atomic():
        Voucher.objects.all().delete()
    decide_take_back(asked(shown, world), agreed=False, remark="不同意", by=world.officer, at=NOON)
    with pytest.raises(IntegrityError, match="with consent only"), transaction.atomic():
        Voucher.objects.update(is_public=False)


def test_the_page_asks_the_four_questions(world, shown):
    url = shown.url("take_back")
    requires_login(url)
    for name in ("other_chair", "owner", "stranger", "other_cadre"):
        hides_from(world.people[name], url)
    for name in ("auditor", "officer", "cadre", "manager", "treasurer"):
        serves(world.people[name], url)


def test_asking_asks_the_four_questions(world, shown):
    url, data = shown.url("ask_take_back"), {"reason": REASON}
    requires_login(url, data=data)
    for name in ("other_chair", "owner"):
        hides_from(world.people[name], url, data=data)
    for name in ("auditor", "officer", "cadre", "manager"):
        refuses(world.people[name], url, data=data)
    serves(world.treasurer, url, data=data)


def test_deciding_asks_the_four_questions(world, shown):
    data = {"agreed": "yes", "remark": "同意", "seen": asked(shown, world).public_id}
    url = shown.url("decide_take_back")
    requires_login(url, data=data)
    for name in ("other_chair", "owner"):
        hides_from(world.people[name], url, data=data)
    for name in ("auditor", "leader", "cadre", "treasurer", "chair", "manager"):
        refuses(world.people[name], url, data=data)
    serves(world.officer, url, data=data)


def both_at_once(world: World, request: TakeBack) -> list[str]:
    """Two officers decide in the same moment, one agreeing, one not; what each was told."""
    together = Barrier(2)

    def decide(number: int) -> str:
        together.wait(20)
        try:
            by = (world.officer, world.second_officer)[number]
            decide_take_back(request, agreed=bool(number), remark="理由", by=by, at=NOON)
        except ConflictError:
            return "told"
        finally:
            connections.close_all()
        return "decided"

    with ThreadPoolExecutor(2) as pool:
        return sorted(pool.map(decide, range(2)))


@pytest.mark.django_db(transaction=True)
def test_without_the_claim_both_would_decide(monkeypatch):
    """The positive control: look first, act later, and the race shows."""
    world = build_world()
    request = asked(disclosed(world), world)
    looked = Barrier(2)

    class Unclaimed(type(TakeBack.objects.all())):
        def update(self, **values):
            is_open = self.exists()
            looked.wait(20)
            rows = TakeBack.objects.filter(pk=request.pk)
            return super(Unclaimed, rows).update(**values) if is_open else 0

    monkeypatch.setattr(TakeBack._default_manager, "_queryset_class", Unclaimed)
    assert both_at_once(world, request) == ["decided", "decided"]


@pytest.mark.django_db(transaction=True)
def test_two_officers_at_once_decide_once():
    world = build_world()
    request = asked(disclosed(world), world)
    assert both_at_once(world, request) == ["decided", "told"]
    request.refresh_from_db()
    assert Voucher.objects.get().is_public == (request.decision == "refused")
    assert Message.objects.filter(recipient=world.treasurer, title__contains="收回公开：").count() == 1
