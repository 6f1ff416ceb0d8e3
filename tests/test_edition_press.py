"""The papers of an edition are made aside, from where they were left off, and handed to whom they concern."""

from collections.abc import Callable
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from openpyxl import load_workbook

from accounts.models import User
from notices.models import Edition, EditionPaper, EditionPress, Message
from notices.rules import PaperKind
from notices.services.editions import issuing, make_papers, press
from notices.services.printing import NoTypesetterError
from notices.tasks import press_edition, resume_editions
from tests.cast import NOON, World
from tests.editing import issued, second_quarter

ClientOf = Callable[..., Client]
#: Seven kinds, and a poster for each of the two compounds.
ALL = 9


@pytest.fixture
def plain_papers(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Papers as a few bytes, for tests of the press and not of the papers; what was made, in order."""
    made: list[str] = []

    def paper(kind: PaperKind, sheet: Any) -> bytes:
        made.append(kind)
        return f"{kind} {sheet.number}".encode()

    def poster(sheet: Any, compound: str) -> bytes:
        made.append(compound)
        return f"{compound} {sheet.number}".encode()

    monkeypatch.setattr(press, "paper_bytes", paper)
    monkeypatch.setattr(press, "poster_pdf", poster)
    return made


@pytest.fixture
def edition(world: World) -> Edition:
    second_quarter(world)
    return issued(world)


def test_with_the_press_come_all_papers_and_each_reaches_whom_it_is_for(
    world: World, client_of: ClientOf, django_capture_on_commit_callbacks: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The one test that sets every paper in earnest."""
    second_quarter(world)
    asked: list[tuple[str, Any]] = []
    monkeypatch.setattr(issuing.current_app, "send_task", lambda name, **how: asked.append((name, how.get("args"))))
    with django_capture_on_commit_callbacks(execute=True):
        edition = issued(world)
    assert (press_edition.name, [edition.pk]) in asked
    press_edition(edition.pk)
    state = EditionPress.objects.get()
    assert (state.state, state.done, state.total) == ("done", ALL, ALL)
    for person in (world.officer, world.leader):
        assert Message.objects.filter(recipient=person, title="宝小区通〔2026〕1号的文件已齐").count() == 1
    work = f"/editions/work/{edition.public_id}/"
    page = client_of(world.leader).get(work).content.decode()
    for kind in PaperKind:
        url = f"{work}papers/{kind}/file/"
        answer = client_of(world.officer).get(url)
        if kind is PaperKind.POSTER_PDF:
            assert answer.status_code == 404
            continue
        assert url in page
        paper = EditionPaper.objects.get(kind=kind)
        assert len(b"".join(answer.streaming_content)) == paper.size
        assert answer["Content-Disposition"].startswith("attachment")
        for person, status in ((world.auditor, 200), (world.cadre, 404), (world.chair, 404), (world.owner, 404)):
            assert client_of(person).get(url).status_code == status, person
        assert client_of(None).get(url)["Location"].startswith("/login/")
    poster = client_of(None).get(f"/editions/{edition.public_id}/posters/{world.compound.public_id}.pdf")
    assert b"".join(poster.streaming_content).startswith(b"%PDF")
    bare = f"/editions/{edition.public_id}/posters/{world.bare_compound.public_id}.pdf"
    assert client_of(None).get(bare).status_code == 404


def test_the_public_table_is_typed_and_the_same(edition: Edition, client_of: ClientOf) -> None:
    answer = client_of(None).get(f"/editions/{edition.public_id}/table.xlsx")
    book = load_workbook(BytesIO(b"".join(answer.streaming_content)))
    totals = {row[0]: row[1] for row in book["合计"].iter_rows(values_only=True)}
    assert (totals["应公示单位"], totals["按期率"]) == (4, "25.00%")


def test_run_twice_or_late_it_makes_nothing_twice(edition: Edition, plain_papers: list[str]) -> None:
    assert make_papers(edition.pk, clock=lambda: NOON)
    before = list(EditionPaper.objects.values_list("kind", "sha256", "made_at"))
    assert len(plain_papers) == ALL
    later = NOON + timedelta(hours=1)
    assert not make_papers(edition.pk, clock=lambda: later)
    assert list(EditionPaper.objects.values_list("kind", "sha256", "made_at")) == before
    assert len(plain_papers) == ALL
    assert Message.objects.filter(recipient=edition.prepared_by, title__contains="文件已齐").count() == 1


class Killed(BaseException):
    """The worker dies here, as by kill -9: nothing after it runs."""


def run_until_killed(edition: Edition, monkeypatch: pytest.MonkeyPatch, *, at: int) -> None:
    """A worker that dies while it keeps its n-th paper, with half of it written."""
    keep, kept = press._keep, []

    def half(path: str, content: bytes) -> None:
        kept.append(path)
        if len(kept) == at:
            keep(path, content[: len(content) // 2])
            raise Killed
        keep(path, content)

    with monkeypatch.context() as patch:
        patch.setattr(press, "_keep", half)
        with pytest.raises(Killed):
            make_papers(edition.pk, clock=lambda: NOON)


def test_killed_in_the_middle_the_next_run_goes_on_with_the_next_paper(
    edition: Edition, plain_papers: list[str], monkeypatch: pytest.MonkeyPatch, client_of: ClientOf, world: World
) -> None:
    run_until_killed(edition, monkeypatch, at=4)
    half = EditionPress.objects.get()
    assert (half.state, half.done) == ("waiting", 3)
    page = client_of(world.officer).get(f"/editions/work/{edition.public_id}/").content.decode()
    assert "3 / 9" in page
    resume_editions()
    whole = EditionPress.objects.get()
    assert (whole.state, whole.done) == ("done", ALL)
    assert EditionPaper.objects.count() == ALL
    assert [plain_papers.count(kind) for kind in list(PaperKind)[:5]] == [1, 1, 1, 2, 1]
    for paper in EditionPaper.objects.all():
        assert (settings.STORED_FILES_ROOT / paper.path).stat().st_size == paper.size


def test_a_press_that_breaks_again_and_again_is_given_up_and_says_so(
    edition: Edition, plain_papers: list[str], monkeypatch: pytest.MonkeyPatch, client_of: ClientOf, world: World
) -> None:
    for _ in range(press.MOST_ATTEMPTS):
        run_until_killed(edition, monkeypatch, at=1)
    assert not make_papers(edition.pk, clock=lambda: NOON)
    assert EditionPress.objects.get().state == "failed"
    officer = client_of(world.officer)
    work = f"/editions/work/{edition.public_id}/"
    assert "多次制作都中断了" in officer.get(work).content.decode()
    assert client_of(world.leader).post(f"{work}again/").status_code == 403
    officer.post(f"{work}again/")
    assert make_papers(edition.pk, clock=lambda: NOON)


def test_where_no_pdf_can_be_set_the_reason_is_shown(
    edition: Edition, monkeypatch: pytest.MonkeyPatch, client_of: ClientOf, world: World
) -> None:
    def refuse(kind: PaperKind, sheet: Any) -> bytes:
        raise NoTypesetterError

    monkeypatch.setattr(press, "paper_bytes", refuse)
    assert not make_papers(edition.pk, clock=lambda: NOON)
    page = client_of(world.officer).get(f"/editions/work/{edition.public_id}/").content.decode()
    assert "本机没有安装排版组件" in page
    assert "未做成" in client_of(world.officer).get("/editions/work/").content.decode()


def test_a_damaged_or_lost_paper_is_refused_and_can_be_made_again(
    edition: Edition, plain_papers: list[str], client_of: ClientOf, world: World
) -> None:
    make_papers(edition.pk, clock=lambda: NOON)
    officer = client_of(world.officer)
    url = f"/editions/work/{edition.public_id}/papers/news_text/file/"
    assert officer.get(url).status_code == 200
    path = settings.STORED_FILES_ROOT / EditionPaper.objects.get(kind="news_text").path
    path.write_bytes(b"x")
    answer = officer.get(url)
    assert "文件校验失败" in answer.content.decode()
    path.unlink()
    assert "文件已不在服务器上" in officer.get(url).content.decode()
    officer.post(f"/editions/work/{edition.public_id}/again/")
    resume_editions()
    assert officer.get(url).status_code == 200


def test_the_press_stands_among_the_long_jobs_of_the_town(
    edition: Edition, plain_papers: list[str], client_of: ClientOf, world: World
) -> None:
    make_papers(edition.pk, clock=lambda: NOON)
    assert str(edition) in client_of(world.auditor).get("/jobs/?kind=edition&stage=done").content.decode()
    assert str(edition) not in client_of(world.cadre).get("/jobs/").content.decode()


def test_the_waiting_page_reloads_itself_only_while_there_is_something_to_wait_for(
    edition: Edition, plain_papers: list[str], client_of: ClientOf, world: World
) -> None:
    url = f"/editions/work/{edition.public_id}/"
    officer = client_of(world.officer)
    fragment = officer.get(url, headers={"HX-Request": "true"}).content.decode()
    assert "0 / 9" in fragment
    assert "<html" not in fragment
    make_papers(edition.pk, clock=lambda: NOON)
    assert officer.get(url, headers={"HX-Request": "true"})["HX-Redirect"] == url


def test_the_frozen_table_is_an_export_of_the_data_pages(edition: Edition) -> None:
    administrator = User.objects.create_user("system", name="系统管理员", is_staff=True)
    client = Client()
    client.force_login(administrator)
    listing = "/admin/notices/edition/"
    chosen = {"action": "export_admin_action", "_selected_action": [edition.pk]}
    form = client.post(listing, chosen)
    assert form.status_code == 200
    assert "export_items" in form.content.decode()
    answer = client.post(f"{listing}export/", {"format": "0", "resource": "0", "export_items": [edition.pk]})
    sheet = load_workbook(BytesIO(answer.content)).active
    header, *rows = list(sheet.iter_rows(values_only=True))
    assert header[:4] == ("文号", "标题", "校验码", "村（社区）")
    assert [row[0] for row in rows] == [edition.letter_number] * 4
    assert [row[header.index("情况")] for row in rows] == [row["cells"][7] for row in edition.figures["rows"]]
    assert client.get(f"{listing}{edition.pk}/change/").status_code == 200
    assert client.post(f"{listing}{edition.pk}/change/", {"reason": "x"}).status_code == 403
