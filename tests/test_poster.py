"""The A4 poster: its text read back, its fonts embedded, nothing fetched, never made twice."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest
from django.urls import reverse
from kombu.exceptions import OperationalError
from pypdf import PdfReader

from finance.models import Disclosure
from finance.rules import Category
from finance.services import posters
from finance.services.posters import poster_html, poster_of
from finance.tasks import keep_poster
from notices.services import printing, typesetting
from notices.services.printing import PrintingError, content_key, kept_pdf, render_pdf
from notices.services.qr import qr_svg
from tests.cast import World
from tests.disclosing import at, bank, draft_of, open_account, owe, publish, reviewed, third_quarter

WHEN = at(date(2026, 10, 22))


@pytest.fixture
def disclosure(world: World) -> Disclosure:
    obligation, _ = third_quarter(world)
    return publish(obligation, preparer=world.treasurer, head=world.chair, when=WHEN)


@pytest.fixture
def rendered(monkeypatch) -> list[str]:
    """Every HTML that was really made into a PDF."""
    made: list[str] = []
    original = printing.render_pdf

    def note(html: str) -> bytes:
        made.append(html)
        return original(html)

    monkeypatch.setattr(printing, "render_pdf", note)
    return made


def text_of(file: Path) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(file).pages)


def test_its_text_says_what_the_page_says(disclosure):
    """PDF-03."""
    text = text_of(poster_of(disclosure))
    for words in (
        "公共收益收支公示",
        "仑后花园",
        "2026年第三季度",
        "仑后花园业主委员会",
        "中国建设银行石狮宝盖支行",
        "上期结余",
        "48,210.35",
        "86,431.20",
        "39,877.64",
        "94,763.91",
        "主任 陈志强",
        "财务委员 郑**",
        "2026年10月22日",
        "首期，附建账凭据",
        "路灯维修",
        "张**",
        disclosure.public_id,
        disclosure.hash[:4],
    ):
        assert words in text, words
    assert "张建国" not in text


def test_its_fonts_are_embedded(disclosure):
    reader = PdfReader(poster_of(disclosure))
    for page in reader.pages:
        for font in page["/Resources"]["/Font"].values():
            descriptor = font.get_object()["/DescendantFonts"][0].get_object()["/FontDescriptor"]
            assert any(key.startswith("/FontFile") for key in descriptor)


def test_many_lines_run_over_several_pages_with_totals_first(world):
    account = open_account(world)
    rows = [
        (date(2026, 7, 1) + timedelta(days=n % 92), Category.I03, "10.00", "石狮市泊车管理有限公司", f"停车 {n}")
        for n in range(120)
    ]
    bank(account, date(2026, 7, 1), date(2026, 9, 30), sorted(rows))
    obligation = owe(world, "2026Q3")
    disclosure = publish(obligation, preparer=world.treasurer, head=world.chair, when=WHEN)
    pages = PdfReader(poster_of(disclosure)).pages
    assert len(pages) >= 4
    first, last = pages[0].extract_text(), pages[-1].extract_text()
    assert "1,200.00" in first
    assert "扫码核对这张纸" in first
    assert "停车 3" not in first
    assert f"第 {len(pages)} 页 共 {len(pages)} 页" in last
    assert pages[2].extract_text().count("序号") == 1  # the head is repeated on every page


def test_a_correction_says_so_with_its_reason(world, disclosure):
    second = publish(disclosure.obligation, preparer=world.treasurer, head=world.chair, when=WHEN, reason="补说明")
    text = text_of(poster_of(second))
    assert "更正公示（第 2 版）" in text
    assert "更正原因：补说明" in text


def test_hostile_text_stays_text(world):
    account = open_account(world)
    hostile = '<img src="http://127.0.0.1:9/x"><script>1</script>'
    bank(account, date(2026, 7, 1), date(2026, 9, 30), [(date(2026, 7, 2), Category.I03, "1.00", "某公司", hostile)])
    disclosure = publish(owe(world, "2026Q3"), preparer=world.treasurer, head=world.chair, when=WHEN)
    assert "<script>1</script>" in text_of(poster_of(disclosure)).replace("\n", "")


# -- Nothing leaves the house (PDF-01) ---------------------------------------------------------------------------------


@pytest.fixture
def listener():
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(204)
            self.end_headers()

        def log_message(self, *args: object) -> None: ...

    server = HTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", asked
    server.shutdown()


#: Drawn by the library without asking its fetcher at all.
UNASKED = ("<svg",)


@pytest.mark.parametrize(
    "part",
    [
        '<link rel="attachment" href="{url}">',
        '<img src="{url}">',
        '<link rel="stylesheet" href="{url}">',
        '<style>@import url("{url}");</style>',
        '<style>@font-face {{ font-family: x; src: url("{url}") }} p {{ font-family: x }}</style><p>x</p>',
        '<style>p {{ background: url("{url}") }}</style><p>x</p>',
        '<object data="{url}"></object>',
        '<embed src="{url}">',
        '<svg viewBox="0 0 9 9"><image href="{url}" width="9" height="9"/></svg>',
        '<svg viewBox="0 0 9 9"><use href="{url}#a"/></svg>',
    ],
)
@pytest.mark.parametrize("address", ["http", "file", "data", "asset"])
def test_every_foreign_address_is_refused(listener, tmp_path, part, address):
    url, asked = listener
    secret = tmp_path / "secret.svg"
    secret.write_text("TOP-SECRET")
    target = {
        "http": f"{url}/x",
        "file": secret.as_uri(),
        "data": "data:text/plain,TOP-SECRET",
        "asset": "asset:../../baogai/settings.py",
    }[address]
    html = f"<html><body>{part.format(url=target)}<p>x</p></body></html>"
    if part.startswith(UNASKED):
        content = render_pdf(html)
        assert b"TOP-SECRET" not in content
        assert not list(PdfReader(_as_file(tmp_path, content)).attachments)
    else:
        with pytest.raises(PrintingError, match=re.escape(target)):
            render_pdf(html)
    assert asked == []


def _as_file(folder: Path, content: bytes) -> Path:
    file = folder / "made.pdf"
    file.write_bytes(content)
    return file


def test_the_listener_would_have_noticed(listener):
    """Positive control: the library's own fetcher does ask."""
    url, asked = listener
    typesetting.HTML(string=f'<img src="{url}/seen">').write_pdf()
    assert asked == ["/seen"]


def test_the_named_asset_is_served(disclosure):
    assert "asset:poster.css" in poster_html(disclosure)
    assert typesetting.AssetFetcher({}).fetch("asset:poster.css").read().startswith(b"/* The A4 poster")


# -- Made once (P13) ---------------------------------------------------------------------------------------------------


def test_unchanged_content_is_made_once(disclosure, rendered):
    file = poster_of(disclosure)
    keep_poster(disclosure.pk)
    assert poster_of(disclosure) == file
    assert len(rendered) == 1


def test_publishing_has_the_poster_made_aside(world, client_of, rendered, django_capture_on_commit_callbacks):
    obligation, _ = third_quarter(world)
    draft = draft_of(obligation, by=world.treasurer, when=WHEN)
    reviewed(draft, preparer=world.treasurer, reviewer=world.chair, when=WHEN)
    with django_capture_on_commit_callbacks(execute=True):
        client_of(world.chair).post(reverse("finance:draft_publish", args=[obligation.public_id]))
    assert len(rendered) == 1
    poster_of(Disclosure.objects.get())
    assert len(rendered) == 1


def test_publishing_does_not_wait_for_a_queue_that_is_away(
    world, client_of, monkeypatch, django_capture_on_commit_callbacks
):
    obligation, _ = third_quarter(world)
    draft = draft_of(obligation, by=world.treasurer, when=WHEN)
    reviewed(draft, preparer=world.treasurer, reviewer=world.chair, when=WHEN)

    def away(*args: object) -> None:
        raise OperationalError("no queue")

    monkeypatch.setattr(keep_poster, "delay", away)
    with django_capture_on_commit_callbacks(execute=True):
        answer = client_of(world.chair).post(reverse("finance:draft_publish", args=[obligation.public_id]))
    assert answer.status_code == 302
    assert Disclosure.objects.count() == 1


def test_eight_at_once_make_it_once(rendered):
    html = "<html><body><p>同时</p></body></html>"
    with ThreadPoolExecutor(8) as pool:
        files = set(pool.map(kept_pdf, [html] * 8))
    assert len(files) == len(rendered) == 1


def test_another_content_is_another_paper(world, disclosure):
    second = publish(disclosure.obligation, preparer=world.treasurer, head=world.chair, when=WHEN, reason="补说明")
    assert content_key(poster_html(disclosure)) != content_key(poster_html(second))
    assert content_key(poster_html(disclosure)) == content_key(poster_html(Disclosure.objects.get(pk=disclosure.pk)))


def test_a_failure_leaves_no_half_made_paper(monkeypatch):
    def fail(html: str) -> bytes:
        raise MemoryError

    monkeypatch.setattr(printing, "render_pdf", fail)
    html = "<p>坏</p>"
    with pytest.raises(MemoryError):
        kept_pdf(html)
    monkeypatch.undo()
    assert kept_pdf(html).read_bytes().startswith(b"%PDF")


# -- The page ----------------------------------------------------------------------------------------------------------


def test_anybody_downloads_the_poster(client_of, disclosure):
    answer = client_of(None).get(reverse("finance:poster", args=[disclosure.public_id]))
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/pdf")
    assert b"".join(answer.streaming_content).startswith(b"%PDF")
    assert client_of(None).get(reverse("finance:poster", args=["0" * 16])).status_code == 404


def test_the_code_is_drawn_from_the_address(monkeypatch, disclosure):
    drawn: list[str] = []
    monkeypatch.setattr(posters, "qr_svg", lambda content: drawn.append(content) or qr_svg(content))
    assert "<svg" in poster_html(disclosure)
    assert drawn == [posters.code_address(disclosure)]
