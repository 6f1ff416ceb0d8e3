"""Published and posted: the duty is done when a photo of every required kind of place is there (clause 4.3.1)."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from io import BytesIO
from threading import Barrier

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connections
from django.urls import reverse
from PIL import Image

from communities.services import hand_over
from files.services import open_stored
from finance.services.publishing import prove_posting
from finance.services.timeliness import timeliness_of
from kernel.days import local_day
from kernel.errors import ConflictError, DomainError, NotAllowedError
from notices.models import Posting
from notices.rules import Place
from tests.cast import World, build_world
from tests.disclosing import at, photo, post_everywhere, publish, third_quarter
from tests.doors import hides_from, refuses, requires_login, serves

PUBLISHED = at(date(2026, 10, 22))
PLACES = [Place.NOTICE_BOARD, Place.CORRIDOR, Place.LIFT, Place.OWNER_GROUP]


@pytest.fixture
def disclosure(world: World):
    obligation, _ = third_quarter(world)
    return publish(obligation, preparer=world.treasurer, head=world.chair, when=PUBLISHED)


def test_the_moment_is_the_last_required_photo(world, disclosure):
    obligation = disclosure.obligation
    for hour, place in enumerate(PLACES, 1):
        prove_posting(disclosure, place=place, photo=photo(), by=world.treasurer, at=PUBLISHED + timedelta(hours=hour))
        obligation.refresh_from_db()
        assert (obligation.fulfilled_at is None) == (place != PLACES[-1])
    assert obligation.fulfilled_at == PUBLISHED + timedelta(hours=4)
    prove_posting(disclosure, place=Place.LIFT, photo=photo(), by=world.chair, at=PUBLISHED + timedelta(days=30))
    obligation.refresh_from_db()
    assert obligation.fulfilled_at == PUBLISHED + timedelta(hours=4)  # a further photo changes nothing


def test_a_compound_without_lift_and_group_owes_two_photos(world):
    world.compound.has_lift = world.compound.has_owner_group = False
    world.compound.save()
    obligation, _ = third_quarter(world)
    disclosure = publish(obligation, preparer=world.treasurer, head=world.chair, when=PUBLISHED)
    assert disclosure.figures["places"] == ["notice_board", "corridor"]
    with pytest.raises(DomainError, match="没有登记“电梯”"):
        prove_posting(disclosure, place=Place.LIFT, photo=photo(), by=world.chair, at=PUBLISHED)
    for place in PLACES[:2]:
        prove_posting(disclosure, place=place, photo=photo(), by=world.chair, at=PUBLISHED)
    obligation.refresh_from_db()
    assert obligation.fulfilled_at == PUBLISHED


@pytest.mark.parametrize(
    ("moment", "words"),
    [
        (at(date(2026, 10, 31), 23, 59, 59), "按时，截止当日完成"),
        (at(date(2026, 11, 1), 0, 0, 0), "逾期 1 天完成"),
    ],
)
def test_the_last_second_of_the_due_day_is_on_time_and_the_next_is_late(world, disclosure, moment, words):
    """TIME-01, by the server's clock in Shanghai."""
    post_everywhere(disclosure, by=world.chair, when=moment)
    obligation = disclosure.obligation
    obligation.refresh_from_db()
    assert obligation.fulfilled_at == moment
    assert timeliness_of(obligation, local_day(moment)).words == words
    assert obligation.is_late(local_day(moment)) == words.startswith("逾期")


def test_published_but_unposted_is_late_after_the_due_day(world, disclosure):
    prove_posting(disclosure, place=Place.LIFT, photo=photo(), by=world.chair, at=PUBLISHED)
    obligation = disclosure.obligation
    obligation.refresh_from_db()
    assert obligation.progress == "unposted"
    assert not obligation.is_late(date(2026, 10, 31))
    assert obligation.is_late(date(2026, 11, 1))
    assert timeliness_of(obligation, date(2026, 11, 3)).words == "尚未张贴齐，已逾期 3 天"


def test_the_older_version_is_not_posted_any_more(world, disclosure):
    newer = publish(disclosure.obligation, preparer=world.treasurer, head=world.chair, when=PUBLISHED, reason="补说明")
    with pytest.raises(ConflictError, match="更正版"):
        prove_posting(disclosure, place=Place.LIFT, photo=photo(), by=world.chair, at=PUBLISHED)
    post_everywhere(newer, by=world.chair, when=PUBLISHED + timedelta(days=1))
    disclosure.obligation.refresh_from_db()
    assert disclosure.obligation.fulfilled_at == PUBLISHED + timedelta(days=1)


@pytest.mark.parametrize("name", ["manager", "officer", "cadre", "auditor", "supervisor", "owner", "other_chair"])
def test_only_the_bearers_people_upload(world, disclosure, name):
    with pytest.raises(NotAllowedError):
        prove_posting(disclosure, place=Place.LIFT, photo=photo(), by=getattr(world, name), at=PUBLISHED)
    assert prove_posting(disclosure, place=Place.LIFT, photo=photo(), by=world.member, at=PUBLISHED)


def test_the_firm_that_left_posts_what_it_owed_and_nothing_after(world):
    obligation, _ = third_quarter(world, world.firm)
    disclosure = publish(obligation, preparer=world.clerk, head=world.manager, when=PUBLISHED)
    hand_over(world.contract, ended_on=date(2026, 10, 23), by=world.officer)
    left = PUBLISHED + timedelta(days=3)
    clerk = type(world.clerk).objects.get(pk=world.clerk.pk)
    post_everywhere(disclosure, by=clerk, when=left)
    obligation.refresh_from_db()
    assert obligation.fulfilled_at == left
    disclosure.refresh_from_db()
    with pytest.raises(NotAllowedError):
        prove_posting(disclosure, place=Place.LIFT, photo=photo(), by=clerk, at=left)


def test_a_photo_is_reencoded_and_loses_its_position(world, disclosure):
    content = BytesIO()
    exif = Image.Exif()
    exif[0x8825] = {1: "N", 2: (24.0, 44.0, 0.0)}
    Image.new("RGB", (64, 48)).save(content, "JPEG", exif=exif)
    upload = SimpleUploadedFile("公告栏.jpg", content.getvalue(), content_type="image/jpeg")
    posting = prove_posting(disclosure, place=Place.LIFT, photo=upload, by=world.chair, at=PUBLISHED)
    with open_stored(posting.photo) as kept, Image.open(kept) as picture:
        assert not picture.getexif().get_ifd(0x8825)


@pytest.mark.django_db(transaction=True)
def test_the_last_two_photos_at_once_still_fulfil():
    """Each phone alone would see the other's place missing; the row they wait for makes the second see the first."""
    world = build_world()
    obligation, _ = third_quarter(world)
    disclosure = publish(obligation, preparer=world.treasurer, head=world.chair, when=PUBLISHED)
    for place in PLACES[:2]:
        prove_posting(disclosure, place=place, photo=photo(), by=world.chair, at=PUBLISHED)
    barrier = Barrier(2)

    def upload(place: Place) -> None:
        barrier.wait()
        prove_posting(disclosure, place=place, photo=photo(), by=world.chair, at=PUBLISHED)
        connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(upload, PLACES[2:]))
    obligation.refresh_from_db()
    assert obligation.fulfilled_at == PUBLISHED


# -- The page on the phone ---------------------------------------------------------------------------------------------


class TestThePostingPage:
    @pytest.fixture
    def url(self, disclosure) -> str:
        return reverse("finance:posting", args=[disclosure.public_id])

    def test_requires_login(self, url):
        requires_login(url)

    def test_hides_from_strangers(self, world, url):
        for name in ("other_chair", "owner", "other_owner", "stranger"):
            hides_from(getattr(world, name), url)

    def test_refuses_read_only_members(self, world, url):
        for name in ("auditor", "officer", "manager"):
            refuses(getattr(world, name), url)
            refuses(getattr(world, name), url, data={"place": "lift", "photo": photo()})

    def test_serves_the_bearer(self, world, url):
        page = serves(world.treasurer, url).content.decode()
        for place in PLACES:
            assert f"拍{place.label}的照片" in page
        assert 'capture="environment"' in page

    def test_takes_a_photo_and_says_what_is_still_missing(self, world, url, client_of, disclosure):
        client = client_of(world.treasurer)
        answer = client.post(url, {"place": "lift", "photo": photo(), "posted_at": "2020-01-01"}, follow=True)
        assert "还差 3 处：公告栏、楼道（大堂）、微信群" in answer.content.decode()
        assert local_day(Posting.objects.get().posted_at) == date(2026, 10, 29)  # the server's clock, not the form's

    @pytest.mark.parametrize(
        ("data", "words"),
        [
            ({"place": "lift"}, "请先拍照或选择照片"),
            ({"place": "roof", "photo": "x"}, "没有认出要上传的位置"),
            ({"place": "lift", "photo": "svg"}, "这里不能上传"),
            ({"place": "lift", "photo": "text"}, "照片"),
        ],
    )
    def test_says_what_is_wrong_with_an_upload(self, world, url, client_of, data, words):
        files = {
            "svg": SimpleUploadedFile("公告.svg", b"<svg/>"),
            "text": SimpleUploadedFile("公告.jpg", b"not a picture"),
            "x": photo(),
        }
        sent = data | ({"photo": files[data["photo"]]} if "photo" in data else {})
        answer = client_of(world.treasurer).post(url, sent)
        assert answer.status_code == 200
        assert words in answer.content.decode()
        assert not Posting.objects.exists()

    def test_a_published_photo_is_served_with_the_disclosure_it_belongs_to(self, world, disclosure, client_of):
        posting = prove_posting(disclosure, place=Place.LIFT, photo=photo(), by=world.chair, at=PUBLISHED)
        shown = client_of(None).get(reverse("finance:posting_photo", args=[disclosure.public_id, posting.public_id]))
        assert (shown.status_code, shown["Content-Type"]) == (200, "image/jpeg")
        other = reverse("finance:posting_photo", args=["0000000000000000", posting.public_id])
        assert client_of(None).get(other).status_code == 404
