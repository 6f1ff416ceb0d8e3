"""One picture proves one place of one paper: a photo used before is refused, saying where and when (clause 4.3.1)."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from io import BytesIO
from threading import Barrier

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, connection, connections, transaction
from django.urls import reverse
from PIL import Image

from files.models import StoredFile
from finance.models import Disclosure
from finance.services.publishing import prove_posting, reference_to
from kernel.errors import DomainError
from kernel.periods import Period
from notices.models import Posting, PostingPicture
from notices.rules import Place
from notices.services import postings
from tests.cast import World, build_world
from tests.disclosing import at, bank, open_account, owe, photo, publish, third_quarter

PUBLISHED = at(date(2026, 10, 22))


@pytest.fixture
def disclosure(world: World) -> Disclosure:
    obligation, _ = third_quarter(world)
    return publish(obligation, preparer=world.treasurer, head=world.chair, when=PUBLISHED)


@pytest.fixture
def posting(world: World, disclosure: Disclosure) -> Posting:
    return prove_posting(
        disclosure, place=Place.NOTICE_BOARD, photo=photo(shot=7), by=world.treasurer, at=PUBLISHED + timedelta(hours=2)
    )


def again(disclosure: Disclosure, by, upload: SimpleUploadedFile, place: Place = Place.LIFT) -> Posting:
    return prove_posting(disclosure, place=place, photo=upload, by=by, at=PUBLISHED + timedelta(hours=3))


def test_one_photo_does_not_stand_for_two_places(world, disclosure, posting):
    with pytest.raises(DomainError) as refused:
        again(disclosure, world.treasurer, photo(shot=7))
    assert refused.value.message == (
        "这张照片已于 2026年10月22日 14:00 用作本期公示“公告栏”的张贴凭证，不能再用。请到现场重新拍一张。"
    )
    assert refused.value.field == "photo"
    assert list(Posting.objects.all()) == [posting]
    assert again(disclosure, world.treasurer, photo(shot=8)).place == Place.LIFT


def test_the_same_photo_sent_twice_for_the_same_place_is_one_posting(world, disclosure, posting):
    assert again(disclosure, world.chair, photo(shot=7), Place.NOTICE_BOARD) == posting
    assert Posting.objects.count() == 1
    assert StoredFile.objects.filter(door="photo").count() == 1


def test_last_quarters_photo_does_not_stand_for_this_quarter(world):
    account = open_account(world, opened_on=date(2026, 4, 1))
    bank(account, date(2026, 4, 1), date(2026, 9, 30))
    older, newer = (
        publish(owe(world, code), preparer=world.treasurer, head=world.chair, when=when, nil=True)
        for code, when in (("2026Q2", at(date(2026, 7, 10))), ("2026Q3", PUBLISHED))
    )
    prove_posting(older, place=Place.LIFT, photo=photo(shot=7), by=world.chair, at=at(date(2026, 7, 12), 9, 5))
    named = f"这张照片已于 2026年7月12日 09:05 用作“{world.compound}{Period.parse('2026Q2').label}公共收益公示”“电梯”的"
    with pytest.raises(DomainError, match=named):
        again(newer, world.chair, photo(shot=7))


def test_another_compounds_photo_does_not_stand_for_ours(world, posting):
    account = open_account(world, world.other_committee, compound=world.other_compound, by=world.other_treasurer)
    bank(account, date(2026, 7, 1), date(2026, 9, 30))
    owed = owe(world, "2026Q3", world.other_committee, compound=world.other_compound)
    theirs = publish(owed, preparer=world.other_treasurer, head=world.other_chair, when=PUBLISHED, nil=True)
    with pytest.raises(DomainError, match=f"用作“{world.compound}"):
        again(theirs, world.other_chair, photo(shot=7), Place.CORRIDOR)


def test_a_photo_saved_from_our_own_page_is_known_again(world, disclosure, posting, client_of):
    page = client_of(None).get(reverse("finance:posting_photo", args=[disclosure.public_id, posting.public_id]))
    saved = b"".join(page.streaming_content)
    assert saved != photo(shot=7).read()
    with pytest.raises(DomainError, match="公告栏"):
        again(disclosure, world.treasurer, SimpleUploadedFile("另存.jpg", saved))


def test_a_photo_with_other_hidden_data_is_known_again(world, disclosure, posting):
    exif = Image.Exif()
    exif[0x0132] = "2026:10:22 15:00:00"
    content = photo(shot=7).read()
    # An application segment right after the start of the picture: other bytes, the same picture.
    marked = content[:2] + b"\xff\xe1" + (len(exif.tobytes()) + 2).to_bytes(2) + exif.tobytes() + content[2:]
    with Image.open(BytesIO(marked)) as picture:
        assert picture.getexif()[0x0132] == "2026:10:22 15:00:00"
    with pytest.raises(DomainError, match="公告栏"):
        again(disclosure, world.treasurer, SimpleUploadedFile("改过.jpg", marked))


def test_the_page_says_it_beside_the_place(world, disclosure, posting, client_of):
    url = reverse("finance:posting", args=[disclosure.public_id])
    page = client_of(world.treasurer).post(url, {"place": "lift", "photo": photo(shot=7)}).content.decode()
    assert 'id="error-lift"' in page
    assert "用作本期公示“公告栏”的张贴凭证" in page


def test_the_database_keeps_a_picture_to_one_posting(world, disclosure, posting):
    with pytest.raises(IntegrityError, match="a_picture_proves_one_posting"), transaction.atomic():
        PostingPicture.objects.create(posting=posting, sha256=posting.photo.sha256)


def test_the_database_refuses_a_posting_that_no_picture_is_known_of(world, disclosure, posting):
    Posting.objects.create(
        subject=reference_to(disclosure),
        compound=disclosure.compound,
        place=Place.LIFT,
        photo=posting.photo,
        posted_by=world.chair,
        posted_at=PUBLISHED,
    )
    with (
        pytest.raises(IntegrityError, match="a posting is known by its picture"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    transaction.set_rollback(True)


# -- Two at once -------------------------------------------------------------------------------------------------------


def _two_papers(world: World) -> list[Disclosure]:
    """The third quarter of both bearers, each with its own account: nothing but the picture is common to them."""
    ours, _ = third_quarter(world)
    theirs, _ = third_quarter(world, world.firm)
    return [
        publish(ours, preparer=world.treasurer, head=world.chair, when=PUBLISHED),
        publish(theirs, preparer=world.clerk, head=world.manager, when=PUBLISHED),
    ]


def _both_at_once(world: World, papers: list[Disclosure], shots: tuple[int, int], monkeypatch) -> list[object]:
    """Both look for the picture and find it unused, and only then does either keep its own."""
    together, store = Barrier(2), postings.store_upload

    def store_together(*args, **named):
        together.wait(20)
        stored = store(*args, **named)
        together.wait(20)
        return stored

    monkeypatch.setattr(postings, "store_upload", store_together)

    def upload(number: int) -> object:
        by = (world.chair, world.manager)[number]
        try:
            return again(papers[number], by, photo(shot=shots[number]))
        except (DomainError, IntegrityError) as error:
            return error
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(upload, range(2)))


@pytest.mark.django_db(transaction=True)
def test_of_two_uploads_at_once_one_keeps_the_picture_and_the_other_is_told(monkeypatch):
    world = build_world()
    results = _both_at_once(world, _two_papers(world), (7, 7), monkeypatch)
    assert sorted(type(result).__name__ for result in results) == ["DomainError", "Posting"]
    assert Posting.objects.count() == 1
    (refused,) = (result for result in results if isinstance(result, DomainError))
    assert "的张贴凭证，不能再用" in refused.message


@pytest.mark.django_db(transaction=True)
def test_two_different_pictures_at_once_are_both_kept(monkeypatch):
    """Positive control: nothing in the harness but the picture stands in the way of the second."""
    world = build_world()
    results = _both_at_once(world, _two_papers(world), (7, 8), monkeypatch)
    assert [type(result) for result in results] == [Posting, Posting]
