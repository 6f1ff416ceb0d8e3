"""帮助: every page has its own, at the right place of the reader's manual; what the manual names is there."""

import re
from collections.abc import Callable
from urllib.parse import unquote, urldefrag

import pytest
from django.test import Client

from accounts.models import User
from baogai import help as manuals
from baogai.help import ADMINISTRATOR, FOLDER, GENERAL, HELP, PICTURES, Manual, help_url, manual, places_of
from communities.permissions import standing_of
from tests.cast import TODAY, World
from tests.doors import serves
from tests.routes import all_routes, build_estate

ClientOf = Callable[..., Client]
NAMES = sorted(path.stem for path in FOLDER.glob("*.md"))
#: Who of the cast reads which manual.
READERS = {
    "town": "officer",
    "village": "cadre",
    "committee": "chair",
    "firm": "manager",
    "auditor": "auditor",
    "resident": "owner",
}
_LINK = re.compile(r"(?<!!)\[[^\]]+\]\((/[^)]*)\)")
_PICTURE = re.compile(r"!\[([^\]]*)\]\(\.\./screens/([^)]+)\)")


def test_every_page_has_help_and_every_place_it_names_is_there(world: World) -> None:
    """What answers anybody with a page is in the registry; each place is a heading of its manual."""
    estate, without = build_estate(world), set()
    for who in ("officer", "treasurer", "chair", "manager", "owner"):
        client = Client()
        client.force_login(world.people[who])
        for route in all_routes():
            if route.name.startswith("api-") or places_of(route.name):
                continue
            answer = client.get(route.url(estate.ours))
            if answer.status_code == 200 and answer["Content-Type"].startswith("text/html"):
                without.add(route.name)
    assert without == set(), "give these a place in baogai/help.py"
    missing = [
        (name, place)
        for name, places in HELP.items()
        for place in places
        if place.manual not in NAMES or (place.heading and not manual(place.manual).anchor_of(place.heading))
    ]
    assert missing == []


def test_an_entry_of_the_registry_belongs_to_an_address_that_exists() -> None:
    known = [route.name for route in all_routes()]
    assert [start for start in HELP if not any(name.startswith(start) for name in known)] == []


@pytest.mark.parametrize("name", NAMES)
def test_every_page_and_picture_a_manual_names_is_there(name: str, world: World) -> None:
    text = (FOLDER / f"{name}.md").read_text()
    reader: User = world.people[READERS.get(name, "officer")]
    if name == ADMINISTRATOR:
        reader = User.objects.create_superuser("administrator", name="管理员")
    for address in _LINK.findall(text):
        assert serves(reader, address).status_code in (200, 302), address
    for words, picture in _PICTURE.findall(text):
        assert words, "a picture needs words"
        assert (PICTURES / picture).is_file(), f"{picture}: run tests/make_screens.py"


def test_a_manual_that_names_a_page_that_is_gone_is_noticed(world: World) -> None:
    with pytest.raises(AssertionError):
        serves(world.officer, _LINK.findall("见[旧页面](/gone/)。")[0])


def test_every_manual_of_a_role_lists_its_pages() -> None:
    bare = [name for name in READERS if not _LINK.search((FOLDER / f"{name}.md").read_text())]
    assert bare == []


def test_a_page_opens_its_own_help_in_the_readers_own_manual(world: World, client_of: ClientOf) -> None:
    def led(person: User | None, page: str) -> str:
        text = client_of(person).get(page).content.decode()
        found = re.search(r'<a href="(/help/[^"]*)">(?:<svg.*?</svg>)?帮助</a>', text)
        assert found, page
        return unquote(found.group(1))

    assert led(world.officer, "/policies/") == "/help/town/#政策文件"
    assert led(world.chair, "/books/").startswith("/help/committee/#记账有误怎么办")
    assert led(world.manager, "/books/").startswith("/help/firm/#每季度-公共收益公示")
    assert led(world.auditor, "/books/") == "/help/auditor/#查账"
    assert led(world.owner, "/desk/") == "/help/resident/#看小区的钱"
    assert led(None, "/login/") == "/help/#登录与密码"
    assert led(None, "/nothing/here/") == "/help/"
    assert led(world.officer, "/calendar/") == "/help/#期限日历"


def test_the_place_that_is_opened_is_on_the_page(world: World, client_of: ClientOf) -> None:
    for who in READERS.values():
        for name in HELP:
            own = manuals.manuals_of(standing_of(world.people[who], TODAY))
            page, anchor = urldefrag(help_url(name, own))
            text = client_of(None).get(page).content.decode()
            assert not anchor or f'id="{unquote(anchor)}"' in text, (who, name)


def test_raw_html_and_foreign_links_of_a_manual_do_nothing(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "evil.md").write_text(
        "# 标题\n\n<script>alert(1)</script> <b onclick=x>粗</b>\n\n[一](javascript:alert(1)) [二](https://example.com/)"
        " [三](//example.com/) [四](evil.md) [五](/desk/) [六](../operations.md)\n\n"
        "![图](https://example.com/a.png) ![图](../screens/../../secret.png)\n"
    )
    monkeypatch.setattr(manuals, "FOLDER", tmp_path)
    manual.cache_clear()
    found: Manual = manual("evil")
    manual.cache_clear()
    assert found.title == "标题"
    assert "<script" not in found.html
    assert "<b" not in found.html.replace("<br", "")
    assert re.findall(r'href="([^"]*)"', found.html) == ["/help/evil/", "/desk/"]
    assert "example.com" not in re.sub(r"<p>\[.*?\]", "", found.html).replace("https://example.com/)", "")
    assert "secret" not in found.html
    assert set(re.findall(r'src="([^"]*)"', found.html)) == {""}


def test_what_is_no_manual_is_not_found(db: None, client_of: ClientOf) -> None:
    client = client_of(None)
    for page in ("/help/none/", "/help/README/", "/help/screens/none.png", "/help/screens/..%2F..%2Fx.png"):
        assert client.get(page).status_code == (200 if "README" in page else 404), page


def test_the_manual_and_its_pictures_are_for_everybody(world: World) -> None:
    for page in ("/help/", *(f"/help/{name}/" for name in NAMES), "/help/screens/town-desk-390.png"):
        assert serves(None, page).status_code == 200
        assert serves(world.officer, page).status_code == 200
    assert GENERAL in NAMES
