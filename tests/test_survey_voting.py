"""A household votes on its phone: one tap from home, one page, one receipt, once."""

import re
import time
from datetime import timedelta

import pytest
import time_machine
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import ActionRecord
from baogai.doors import hand_link
from communities.models import Owner, Ownership, Residence
from evaluations.models import PaperHelp, Participation, SealedBallot, SealedComment, Survey, TurnoutHour
from evaluations.services.turn import database_now
from evaluations.services.turnout import course_of
from tests.cast import EARLIER, NOON, TODAY, World
from tests.surveying import END, count, end_now, homes, letters_of, opened, vote, votes

pytestmark = pytest.mark.django_db
RECEIPT = re.compile(r'data-receipt="([0-9A-Z-]{19})"')


@pytest.fixture
def survey(world: World) -> Survey:
    homes(world.compound, 30)
    return opened(world)


def ballot(survey: Survey, letter: str = "B", **more: str) -> dict[str, str]:
    return {f"q{n}": letter for n in range(1, len(survey.questionnaire.questions) + 1)} | {"comment": ""} | more


def url_of(survey: Survey, world: World) -> str:
    return f"/surveys/{survey.public_id}/vote/{world.unit.public_id}/"


def signed_in(user: object) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(user)
    return client


def test_from_home_one_tap_leads_to_the_ballot_and_the_receipt_is_shown_once(world: World, survey: Survey) -> None:
    client = signed_in(world.owner)
    assert url_of(survey, world) in client.get("/desk/").content.decode()
    page = client.get(url_of(survey, world)).content.decode()
    assert page.count("<fieldset") == len(survey.questionnaire.questions) == 10
    answer = client.post(url_of(survey, world), ballot(survey))
    assert answer.status_code == 200
    assert "no-store" in answer["Cache-Control"]
    found = RECEIPT.search(answer.content.decode())
    assert found is not None
    assert (SealedBallot.objects.count(), SealedComment.objects.count(), Participation.objects.count()) == (1, 1, 1)
    again = client.get(url_of(survey, world))
    assert "本户已投票" in again.content.decode()
    assert found.group(1) not in again.content.decode()
    assert url_of(survey, world) not in client.get("/desk/").content.decode()


def test_a_link_or_a_slip_leads_straight_to_the_ballot_while_the_vote_is_out_and_home_afterwards(
    world: World, survey: Survey
) -> None:
    def by_link() -> tuple[Client, str]:
        client = Client()
        client.get(f"/login/link/{hand_link(world.unit, person=world.owner, by=world.cadre, at=NOON)}/")
        return client, client.post("/login/link/")["Location"]

    bound = f"/arrive/done/{world.unit.public_id}/"
    client, ballot_page = by_link()
    assert ballot_page == url_of(survey, world)
    assert f'href="{ballot_page}">现在投票' in client.get(bound).content.decode()
    assert client.post(ballot_page, ballot(survey)).status_code == 200
    assert by_link()[1] == "/desk/", "the vote is in"
    assert "现在投票" not in client.get(bound).content.decode()


def test_nothing_leads_to_a_ballot_that_has_closed(world: World, survey: Survey, clock: time_machine.Traveller) -> None:
    clock.move_to(END)
    client = Client()
    client.get(f"/login/link/{hand_link(world.unit, person=world.owner, by=world.cadre, at=END)}/")
    assert client.post("/login/link/")["Location"] == "/desk/"


def test_the_empty_ballot_is_made_once_for_all_and_holds_nobodys_token(world: World, survey: Survey) -> None:
    pages = [signed_in(world.owner).get(url_of(survey, world)).content.decode() for _ in range(2)]
    tokens = [re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page).group(1) for page in pages]
    assert tokens[0] != tokens[1]
    assert pages[0].replace(tokens[0], "") == pages[1].replace(tokens[1], "")
    assert "checked" not in pages[0]


def test_a_vote_costs_ten_statements_and_shows_one_way_on(world: World, survey: Survey) -> None:
    client = signed_in(world.owner)
    client.get(url_of(survey, world))
    with CaptureQueriesContext(connection) as asked:
        answer = client.post(url_of(survey, world), ballot(survey))
    assert answer.status_code == 200
    assert len(asked) <= 10, [one["sql"][:80] for one in asked.captured_queries]
    page = answer.content.decode()
    assert page.count("<a ") == 2, "skip link, and home: nothing to tap by mistake"
    assert 'href="/desk/"' in page


def test_the_votes_of_an_hour_are_one_figure_whatever_row_each_was_counted_in(world: World, survey: Survey) -> None:
    rolled = [entry.unit for entry in survey.roll.select_related("unit")]
    votes(survey, rolled[:20], "B" * 20)
    assert course_of(survey).hours == [(NOON, 20)]
    assert TurnoutHour.objects.count() > 1


def test_a_reload_another_member_or_an_old_tab_casts_no_second_vote(world: World, survey: Survey) -> None:
    member = world.stranger
    Residence.objects.create(unit=world.unit, user=member, relation="family", from_on=EARLIER)
    Ownership.objects.create(unit=world.unit, owner=Owner.objects.create(compound=world.compound, name="另一业主"))
    first, second = signed_in(world.owner), signed_in(member)
    assert second.get(url_of(survey, world)).status_code == 200
    assert first.post(url_of(survey, world), ballot(survey)).status_code == 200
    for client in (first, second):
        answer = client.post(url_of(survey, world), ballot(survey, "E"))
        assert (answer.status_code, "本户已投票" in answer.content.decode()) == (409, True)
    assert SealedBallot.objects.count() == 1


@pytest.mark.parametrize("name", ["other_owner", "stranger", "officer", "chair"])
def test_nobody_votes_for_a_foreign_home(world: World, survey: Survey, name: str) -> None:
    client = signed_in(world.people[name])
    assert client.post(url_of(survey, world), ballot(survey)).status_code in (403, 404)
    assert not Participation.objects.exists()


def test_missing_and_unknown_answers_are_named_and_the_others_stay(world: World, survey: Survey) -> None:
    client = signed_in(world.owner)
    for sent in (ballot(survey) | {"q3": ""}, ballot(survey) | {"q3": "X"}, ballot(survey) | {"q3": "N"}):
        answer = client.post(url_of(survey, world), sent | {"comment": "楼道灯坏了"})
        page = answer.content.decode()
        assert answer.status_code == 422
        assert "公共收益收支公示：请" in page
        assert page.count("checked") == 9
        assert "楼道灯坏了" in page
    answer = client.post(url_of(survey, world), ballot(survey, comment="长" * 301))
    assert "最多 300 个字" in answer.content.decode()
    assert not Participation.objects.exists()


@pytest.mark.parametrize(("seconds", "status"), [(-1, 200), (0, 409), (1, 409)])
def test_the_servers_clock_alone_closes_the_box(
    world: World, survey: Survey, clock: time_machine.Traveller, seconds: int, status: int
) -> None:
    clock.move_to(END + timedelta(seconds=seconds), tick=False)
    answer = signed_in(world.owner).post(url_of(survey, world), ballot(survey, at="2020-01-01"))
    assert answer.status_code == status


def test_a_home_that_came_after_the_opening_is_not_on_the_roll(world: World, survey: Survey) -> None:
    units, roll_hash = survey.units, survey.roll_hash
    newcomer = homes(world.compound, 1, building="12")[0]
    Residence.objects.create(unit=newcomer, user=world.owner, relation="family", from_on=TODAY)
    answer = signed_in(world.owner).post(f"/surveys/{survey.public_id}/vote/{newcomer.public_id}/", ballot(survey))
    assert (answer.status_code, "名册" in answer.content.decode()) == (409, True)
    survey.refresh_from_db()
    assert (survey.units, survey.roll_hash) == (units, roll_hash)


def test_who_looks_before_the_count_sees_turnout_and_nothing_else(world: World, survey: Survey) -> None:
    before = signed_in(world.officer).get(f"/surveys/{survey.public_id}/").content.decode()
    assert 'data-taken-part="0"' in before
    vote(survey, world.unit, "E", by=world.owner)
    for name in ("officer", "leader", "auditor", "cadre", "chair", "manager", "owner"):
        client = signed_in(world.people[name])
        page = client.get(f"/surveys/{survey.public_id}/").content.decode()
        assert 'data-taken-part="1"' in page
        assert not re.search("很不满意|满意率", page)
        assert client.get(f"/surveys/{survey.public_id}/result/").status_code == 404
        assert client.get(f"/surveys/{survey.public_id}/list.csv").status_code == 409
        assert client.post(f"/surveys/{survey.public_id}/receipt/", {"receipt": "0" * 16}).status_code == 404


def test_small_buildings_show_no_turnout(world: World) -> None:
    homes(world.compound, 9, building="5")
    survey = opened(world)
    page = signed_in(world.officer).get(f"/surveys/{survey.public_id}/").content.decode()
    assert "5号楼" not in page
    homes(world.compound, 10, building="6")
    Survey.objects.filter(pk=survey.pk)


def test_paper_needs_a_second_person_and_its_answers_are_sealed_like_everybodys(world: World, survey: Survey) -> None:
    world.officer.set_password("Zhen-2026-xqp")
    world.officer.save()
    client, url = signed_in(world.cadre), f"/surveys/{survey.public_id}/paper/"
    sent = ballot(survey, "D") | {"unit": world.unit.public_id, "username": "officer", "password": "wrong"}
    wrong = client.post(url, sent)
    assert wrong.status_code == 422
    assert "用户名或密码不对" in wrong.content.decode()
    assert not Participation.objects.exists()
    answer = client.post(url, sent | {"password": "Zhen-2026-xqp"})
    assert RECEIPT.search(answer.content.decode())
    helped = PaperHelp.objects.get()
    assert (helped.entered_by, helped.confirmed_by) == (world.cadre, world.officer)
    assert Participation.objects.get().channel == "paper"
    record = ActionRecord.objects.get(act="代录纸质票")
    assert "3号楼1单元1102" in record.detail
    # One vote all the same: it is no longer among the homes that may be typed in, nor may its people vote again.
    assert client.post(url, sent | {"password": "Zhen-2026-xqp"}).status_code == 422
    assert signed_in(world.owner).post(url_of(survey, world), ballot(survey)).status_code == 409


def test_whoever_confirms_paper_and_has_a_second_factor_proves_it_too(world: World, survey: Survey) -> None:
    world.officer.set_password("Zhen-2026-xqp")
    world.officer.save()
    secret = generate_totp_secret()
    TOTP.activate(world.officer, secret)
    client, url = signed_in(world.cadre), f"/surveys/{survey.public_id}/paper/"
    sent = ballot(survey) | {"unit": world.unit.public_id, "username": "officer", "password": "Zhen-2026-xqp"}
    for code in ("", "000000"):
        answer = client.post(url, sent | {"code": code})
        assert (answer.status_code, "动态口令不对" in answer.content.decode()) == (422, True)
        assert not Participation.objects.exists()
    right = format_hotp_value(hotp_value(secret, int(time.time()) // 30))
    assert RECEIPT.search(client.post(url, sent | {"code": right}).content.decode())
    unit = survey.roll.exclude(unit=world.unit).first().unit
    again = client.post(url, sent | {"unit": unit.public_id, "code": right})
    assert again.status_code == 422, "a code is good once"


def test_five_wrong_codes_close_the_second_persons_door(world: World, survey: Survey) -> None:
    world.officer.set_password("Zhen-2026-xqp")
    world.officer.save()
    TOTP.activate(world.officer, generate_totp_secret())
    client, url = signed_in(world.cadre), f"/surveys/{survey.public_id}/paper/"
    sent = ballot(survey) | {"unit": world.unit.public_id, "username": "officer", "password": "Zhen-2026-xqp"}
    told = [client.post(url, sent | {"code": "000000"}).status_code for _ in range(6)]
    assert told == [422] * 5 + [429]


def test_nobody_confirms_their_own_paper_and_the_judged_help_with_none(world: World, survey: Survey) -> None:
    for person in (world.cadre, world.chair):
        person.set_password("Zhen-2026-xqp")
        person.save()
    url = f"/surveys/{survey.public_id}/paper/"
    sent = ballot(survey) | {"unit": world.unit.public_id, "password": "Zhen-2026-xqp"}
    for second, words in (("cadre", "另一位工作人员"), ("chair", "核对人须是")):
        answer = signed_in(world.cadre).post(url, sent | {"username": second})
        assert (answer.status_code, words in answer.content.decode()) == (422, True)
    assert signed_in(world.chair).post(url, sent | {"username": "cadre"}).status_code == 403
    assert not Participation.objects.exists()


def test_the_result_is_for_everybody_and_a_receipt_is_found_exactly_once(world: World, survey: Survey) -> None:
    units = homes(world.compound, 12, building="30")
    survey = Survey.objects.get(pk=survey.pk)
    rolled = [entry.unit for entry in survey.roll.select_related("unit").order_by("unit_id")]
    receipts = votes(survey, rolled, "ABCDEUABCDEBBB")
    end_now(survey, world.officer)
    count(survey)
    assert units
    visitor, url = Client(), f"/surveys/{survey.public_id}/"
    page = visitor.get(f"{url}result/").content.decode()
    assert "75.00%" not in page
    assert "69.23%" in page  # 9 of 13 valid
    for receipt in (receipts[0], receipts[0].lower().replace("-", "")):
        found = visitor.post(f"{url}receipt/", {"receipt": receipt})
        assert "正好一张" in found.content.decode()
        assert "“很满意”" in found.content.decode()
    for wrong in ("0" * 16, "", "x" * 39, receipts[0][:-1]):
        assert "正好一张" not in visitor.post(f"{url}receipt/", {"receipt": wrong}).content.decode()


def test_the_real_clock_is_the_databases() -> None:
    assert database_now().tzinfo is not None


def test_every_question_of_a_ballot_takes_a_letter(survey: Survey) -> None:
    assert len(letters_of(survey, "A")) == 10
