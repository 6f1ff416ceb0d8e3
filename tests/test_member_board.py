"""成员公示 (clause 四（二）5): members enter their own photo, status and words; each is shown by their own consent."""

from collections.abc import Callable
from datetime import date, timedelta
from io import BytesIO
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image
from pypdf import PdfReader

from accounts.models import ActionRecord, Consent, User
from accounts.rules import ConsentField
from baogai.tasks import forget_what_is_over
from committees.models import Portrait, Seat
from committees.services import leave_seat, register_term, seat_member
from communities.models import Building, Owner, Ownership, Post, Unit
from communities.rules import Role
from notices.services.printing import PrintingError, render_pdf
from tests.books import picture
from tests.cast import EARLIER, TODAY, World
from tests.doors import hides_from, refuses, requires_login, serves
from tests.statements import CEILING, statements

ClientOf = Callable[[User | None], Client]


def photo(**save: Any) -> SimpleUploadedFile:
    out = BytesIO()
    Image.new("RGB", (1200, 1600), (40, 90, 160)).save(out, "JPEG", **save)
    return SimpleUploadedFile("我.jpg", out.getvalue(), "image/jpeg")


def with_position() -> SimpleUploadedFile:
    exif = Image.Exif()
    exif.get_ifd(0x8825)[1] = "N"
    exif[0x010F] = "示例手机"
    return photo(exif=exif)


@pytest.fixture
def seat(world: World) -> Seat:
    """The owner of 3号楼1102, seated as vice-chair."""
    Post.objects.get_or_create(body=world.committee, title="副主任", defaults={"role": Role.COMMITTEE_MEMBER})
    term = register_term(world.committee, from_on=EARLIER, until_on=date(2028, 12, 31), by=world.officer)
    owner = Owner.objects.get(compound=world.compound)
    building = Building.objects.get(compound=world.compound)
    return seat_member(term, owner=owner, title="副主任", from_on=EARLIER, building=building, by=world.officer)


@pytest.fixture
def elsewhere(world: World, seat: Seat) -> Seat:
    """A second member, of 5号楼, who has agreed to nothing."""
    building = Building.objects.create(compound=world.compound, key="5", text="5号楼")
    unit = Unit.objects.create(building=building, room_key="101", room_text="101", area="88.00")
    owner = Owner.objects.create(compound=world.compound, name="卢静婷", phone="13900002222")
    Ownership.objects.create(unit=unit, owner=owner, from_on=EARLIER)
    Post.objects.get_or_create(body=world.committee, title="委员", defaults={"role": Role.COMMITTEE_MEMBER})
    return seat_member(
        seat.term, owner=owner, title="委员", from_on=EARLIER, building=building, affiliation="masses", by=world.officer
    )


def urls(world: World, seat: Seat) -> tuple[str, str, str]:
    """The member's page, the photo, the board."""
    there = f"/committees/seats/{seat.appointment.public_id}"
    return f"{there}/card/", f"{there}/portrait/", f"/committees/{world.compound.public_id}/"


ALL = {"agrees_photo": "on", "agrees_affiliation": "on", "agrees_contact": "on"}
WORDS = {"affiliation": "party", "pledge": "常走动，多听意见。"}


def text_of(answer: Any) -> str:
    return "".join(page.extract_text() for page in PdfReader(BytesIO(answer.content)).pages)


def test_a_member_enters_their_own_and_neighbours_see_what_was_agreed_to(
    world: World, seat: Seat, client_of: ClientOf
) -> None:
    card, portrait, board = urls(world, seat)
    requires_login(card)
    hides_from(world.other_chair, card)
    for who in ("officer", "leader", "cadre", "chair", "manager"):
        refuses(world.people[who], card)
        refuses(world.people[who], card, data=WORDS)
    mine, neighbour = client_of(world.owner), client_of(world.manager)
    assert "填写我的公示信息" in mine.get(board).content.decode()
    assert card in mine.get("/me/data/").content.decode()
    assert "填写我的公示信息" not in neighbour.get(board).content.decode()
    assert neighbour.get(portrait).status_code == 404
    assert mine.post(card, WORDS | ALL | {"portrait": with_position()}).status_code == 302
    shown = neighbour.get(board).content.decode()
    for words in ("中共党员", "常走动，多听意见。", world.owner.phone, portrait):
        assert words in shown
    answer = neighbour.get(portrait)
    assert (answer.status_code, answer["Cache-Control"]) == (200, "private, no-store")
    kept = Image.open(BytesIO(answer.content))
    assert max(kept.size) == 600, "kept small"
    assert not kept.getexif(), "where and with what it was taken is gone"
    requires_login(portrait)
    hides_from(world.other_chair, portrait)
    line = ActionRecord.objects.get(act="填写成员公示信息", result="done")
    assert line.by == world.owner
    assert set(Consent.objects.values_list("field", flat=True)) == set(ConsentField.values)


def test_what_is_withdrawn_is_gone_with_the_next_request_and_the_photo_is_deleted(
    world: World, seat: Seat, client_of: ClientOf
) -> None:
    card, portrait, board = urls(world, seat)
    mine, neighbour = client_of(world.owner), client_of(world.manager)
    for withdraw in (
        lambda: mine.post(card, WORDS | {"agrees_contact": "on"}),
        lambda: mine.post("/me/data/consent/", {"field": "photo", "given": "0"}),
        lambda: mine.post("/me/data/deletion/", {"understood": "on"}),
    ):
        mine.post(card, WORDS | ALL | {"portrait": photo()})
        assert neighbour.get(portrait).status_code == 200
        assert withdraw().status_code == 302
        assert neighbour.get(portrait).status_code == 404
        assert portrait not in neighbour.get(board).content.decode()
        assert not Portrait.objects.exists(), "deleted, not hidden"


def test_a_photo_needs_its_consent_and_passes_the_checking_door(world: World, seat: Seat, client_of: ClientOf) -> None:
    card, _, _ = urls(world, seat)
    mine = client_of(world.owner)
    for data, words in (
        ({"portrait": photo()}, "请同时勾选“同意公示照片”"),
        (ALL | {"portrait": SimpleUploadedFile("我.jpg", b"MZ\x90\x00" + bytes(200))}, "请核对文件"),
        (ALL | {"portrait": SimpleUploadedFile("我.svg", b"<svg/>")}, "这里不能上传“.svg”文件"),
        (ALL | {"portrait": SimpleUploadedFile("我.jpg", b"")}, "文件是空的"),
        (ALL | {"affiliation": "king"}, "选择一个有效的选项"),
    ):
        answer = mine.post(card, WORDS | data)
        assert answer.status_code == 422
        assert words in answer.content.decode()
        assert "常走动，多听意见。" in answer.content.decode(), "typed text stays"
    assert not Portrait.objects.exists()
    assert not Consent.objects.exists()
    assert mine.post(card, WORDS | ALL | {"portrait": picture("red", "我.png")}).status_code == 302


def test_a_photo_is_changed_twenty_times_a_day_at_most(world: World, seat: Seat, client_of: ClientOf) -> None:
    card, _, _ = urls(world, seat)
    mine = client_of(world.owner)
    answers = [mine.post(card, WORDS | ALL | {"portrait": picture("red", "我.png")}) for _ in range(21)]
    assert [one.status_code for one in answers] == [302] * 20 + [422]
    assert "您今天已换过 20 次照片" in answers[-1].content.decode()


def test_the_paper_shows_the_whole_committee_or_one_building_and_only_what_was_agreed_to(
    world: World, seat: Seat, elsewhere: Seat, client_of: ClientOf
) -> None:
    card, _, board = urls(world, seat)
    client_of(world.owner).post(card, WORDS | ALL | {"portrait": photo()})
    paper = f"{board}board.pdf"
    requires_login(paper)
    hides_from(world.other_chair, paper)
    refuses(world.auditor, paper)
    for words in ("全体成员", "3号楼成员", "5号楼成员"):
        assert words in serves(world.member, board).content.decode()
    whole = serves(world.chair, paper)
    assert whole["Content-Type"] == "application/pdf"
    text = text_of(whole)
    for words in ("施雅琴", "卢静婷", "副主任", "中共党员", "常走动，多听意见。", world.owner.phone, "3号楼", "第1届"):
        assert words in text
    assert text.count("本人未同意公示") == 3, "photo, status and phone of the second member, also from the town's copy"
    assert "群众" not in text_of(serves(world.officer, paper)), "what only the duty sees is not put up"
    assert "13900002222" not in text
    assert len(PdfReader(BytesIO(whole.content)).pages[0].images) == 1
    one = text_of(serves(world.cadre, f"{paper}?building=5"))
    assert "卢静婷" in one
    assert "施雅琴" not in one
    for nowhere in ("9", "x" * 500, "\x00"):
        assert client_of(world.chair).get(paper, {"building": nowhere}).status_code == 404


def test_a_paper_takes_only_the_pictures_it_was_given() -> None:
    with pytest.raises(PrintingError):
        render_pdf('<img src="picture:other">', {"picture:mine": ("image/png", b"")})


def test_whoever_left_is_off_the_board_and_their_photo_is_deleted_by_night(
    world: World, seat: Seat, client_of: ClientOf
) -> None:
    card, portrait, _ = urls(world, seat)
    client_of(world.owner).post(card, WORDS | ALL | {"portrait": photo()})
    leave_seat(seat, until_on=TODAY - timedelta(days=1), by=world.officer)
    assert client_of(world.manager).get(portrait).status_code == 404
    hides_from(world.owner, card)
    forget_what_is_over()
    assert not Portrait.objects.exists()


def test_the_board_costs_the_same_for_every_number_of_members(
    world: World, seat: Seat, elsewhere: Seat, client_of: ClientOf
) -> None:
    assert statements(client_of(world.manager), urls(world, seat)[2]) <= CEILING
