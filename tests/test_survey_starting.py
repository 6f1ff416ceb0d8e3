"""A half-year's surveys are started for all compounds at once, opened by the worker, and ended early only in words."""

import pytest
from django.conf import settings
from django.test import Client

from communities.models import Compound
from evaluations import tasks
from evaluations.models import Questionnaire, Round, Survey
from evaluations.rules import SurveyKind
from evaluations.services.keys import KeyStoreError
from evaluations.services.opening import open_survey
from tests.cast import World
from tests.surveying import homes, opened, start

pytestmark = pytest.mark.django_db


@pytest.fixture
def office(world: World) -> Client:
    client = Client()
    client.force_login(world.officer)
    return client


FORM = {
    "kinds": ["committee", "firm"],
    "period": "2026H2",
    "closes_on": "2026-11-10",
    "closes_hour": "20",
    "remind_days": "7、3、1",
}


def test_one_act_starts_a_survey_wherever_somebody_can_be_judged(world: World, office: Client) -> None:
    answer = office.post(f"/surveys/start/{world.town.code}/", FORM, follow=True)
    assert "已发起 4 项测评" in answer.content.decode()
    made = set(Survey.objects.values_list("compound__name", "kind", "body__name", "firm__name"))
    assert made == {
        ("仑后花园", "committee", "仑后花园业主委员会", None),
        ("仑后花园", "firm", None, "石狮安居物业服务有限公司"),
        ("杆头新村", "committee", "杆头新村业主委员会", None),
        ("杆头新村", "firm", None, "泉州宏远物业管理有限公司"),
    }
    assert Round.objects.get().remind_days == [7, 3, 1]
    tasks.run_surveys()
    assert set(Survey.objects.values_list("state", "problem")) == {("open", "")}
    again = office.post(f"/surveys/start/{world.town.code}/", FORM)
    assert "已经发起过" in again.content.decode()
    assert Survey.objects.count() == 4


def test_a_compound_without_a_committee_gets_the_firms_only(world: World, office: Client) -> None:
    world.committee.ended_on = world.committee.from_on
    world.committee.save()
    office.post(f"/surveys/start/{world.town.code}/{world.compound.public_id}/", FORM)
    assert list(Survey.objects.values_list("kind", flat=True)) == ["firm"]


def test_what_is_typed_wrongly_is_named_and_kept(world: World, office: Client) -> None:
    url = f"/surveys/start/{world.town.code}/"
    for changed, words in (
        ({"closes_on": "2026-10-29"}, "至少在 24 小时以后"),
        ({"closes_on": "2027-11-10"}, "最多开放 92 天"),
        ({"closes_on": "明天"}, "日期无法识别"),
        ({"kinds": []}, "请至少选择一种"),
        ({"kinds": ["meeting"]}, "请从列出的种类里选"),
        ({"period": "2019H1"}, "请从列出的期间里选"),
        ({"remind_days": "七"}, "请填天数"),
        ({"remind_days": "99"}, "1 到 60 天"),
        ({"questionnaire_firm": "x"}, "请从列出的问卷里选"),
    ):
        answer = office.post(url, FORM | changed)
        assert (answer.status_code, words in answer.content.decode()) == (200, True), words
        assert 'value="7、3、1"' in answer.content.decode() or "remind_days" in changed
    assert not Survey.objects.exists()


def test_the_rating_of_a_report_meeting_is_started_in_one_compound_for_the_year(world: World, office: Client) -> None:
    url = f"/surveys/start/{world.town.code}/{world.compound.public_id}/"
    refused = office.post(url, FORM | {"kinds": ["meeting"]})
    assert "述职评议会测评选年度" in refused.content.decode()
    office.post(url, FORM | {"kinds": ["meeting"], "period": "2026"})
    survey = Survey.objects.get()
    assert (survey.kind, survey.period, survey.threshold, survey.body) == ("meeting", "2026", 0, world.committee)


def test_a_compound_without_a_roll_stays_a_draft_and_says_so(world: World, office: Client) -> None:
    Compound.objects.filter(pk=world.bare_compound.pk)
    world.committee.compound = world.bare_compound
    world.committee.save()
    survey = start(world, SurveyKind.COMMITTEE, compound=world.bare_compound)[0]
    tasks.run_surveys()
    survey.refresh_from_db()
    assert (survey.state, "名册" in survey.problem) == ("draft", True)
    assert "名册" in office.get(f"/surveys/{survey.public_id}/").content.decode()
    homes(world.bare_compound, 3)
    tasks.run_surveys()
    survey.refresh_from_db()
    assert (survey.state, survey.units, survey.problem) == ("open", 3, "")


@pytest.mark.usefixtures("key_store")
def test_a_store_that_others_can_read_or_that_cannot_be_written_opens_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    survey = start(world, SurveyKind.COMMITTEE, compound=world.compound)[0]
    settings.KEY_STORE.mkdir(mode=0o700, exist_ok=True)
    settings.KEY_STORE.chmod(0o755)
    with pytest.raises(KeyStoreError, match="0700"):
        open_survey(survey.pk)
    tasks.run_surveys()
    survey.refresh_from_db()
    assert (survey.state, "0700" in survey.problem) == ("draft", True)
    settings.KEY_STORE.chmod(0o700)
    with monkeypatch.context() as patch:
        patch.setattr("evaluations.services.keys.os.fsync", _full)
        with pytest.raises(KeyStoreError, match="无法写入"):
            open_survey(survey.pk)
    survey.refresh_from_db()
    assert survey.state == "draft"
    tasks.run_surveys()
    survey.refresh_from_db()
    assert (survey.state, survey.problem) == ("open", "")
    assert [path.name for path in settings.KEY_STORE.iterdir()] == [f"{survey.public_id}.key"]


def _full(handle: int) -> None:
    raise OSError(28, "No space left on device")


def test_a_missing_store_is_not_made_in_production(world: World, settings: object, tmp_path: object) -> None:
    survey = start(world, SurveyKind.COMMITTEE, compound=world.compound)[0]
    settings.KEY_STORE = tmp_path / "absent"
    settings.PRODUCTION = True
    with pytest.raises(KeyStoreError, match="不存在"):
        open_survey(survey.pk)


def test_an_early_end_takes_a_reason_that_everybody_reads(world: World, office: Client) -> None:
    survey = opened(world)
    url = f"/surveys/{survey.public_id}/end/"
    assert "请写明提前截止的理由" in office.post(url, {"reason": " "}).content.decode()
    leader = Client()
    leader.force_login(world.leader)
    assert leader.post(url, {"reason": "不想要"}).status_code == 403
    office.post(url, {"reason": "业委会集体辞职"})
    tasks.run_surveys()
    page = Client().get(f"/surveys/{survey.public_id}/result/").content.decode()
    assert "业委会集体辞职" in page
    assert "林小琴提前截止" in page
    again = office.post(url, {"reason": "再来"}, follow=True)
    assert "不在进行中" in again.content.decode()


def test_a_draft_may_be_taken_back_and_an_open_survey_may_not(world: World, office: Client) -> None:
    survey = start(world, SurveyKind.COMMITTEE, compound=world.compound)[0]
    url = f"/surveys/{survey.public_id}/drop/"
    open_survey(survey.pk)
    assert "已经开始" in office.post(url, follow=True).content.decode()
    other = start(world, SurveyKind.FIRM, compound=world.compound)[0]
    assert office.post(f"/surveys/{other.public_id}/drop/", follow=True).status_code == 200
    assert list(Survey.objects.values_list("pk", flat=True)) == [survey.pk]


def test_a_further_version_of_the_questions_leaves_open_surveys_alone(world: World, office: Client) -> None:
    survey = opened(world)
    url = f"/surveys/questionnaires/{world.town.code}/"
    sent = {"kind": "committee", "title": "短问卷", "scale": "ABNDEU", "items": "公开\n\n回应\n", "overall": "总体"}
    assert "请填写总体评价的问题" in office.post(url, sent | {"overall": " "}).content.decode()
    assert "重复" in office.post(url, sent | {"items": "公开\n公开"}).content.decode()
    office.post(url, sent)
    made = Questionnaire.objects.get(title="短问卷")
    assert (made.version, made.questions) == (2, ["公开", "回应", "总体"])
    survey.refresh_from_db()
    assert len(survey.questionnaire.questions) == 10
    assert made.public_id in office.get(f"/surveys/start/{world.town.code}/").content.decode()
