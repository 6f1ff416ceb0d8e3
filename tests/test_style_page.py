"""样式: the living page shows every part; a part that is missing there fails here."""

from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client

from accounts.models import User
from tests.cast import World

PARTS = {f"parts/{path.name}" for path in Path(settings.BASE_DIR / "templates" / "parts").glob("*.html")}


def _missing(client: Client) -> set[str]:
    return PARTS - {template.name for template in client.get("/style/").templates}


def test_every_part_is_shown(db: None) -> None:
    assert len(PARTS) > 15
    assert _missing(Client()) == set(), "show the part, with its states, in templates/baogai/style.html"


def test_a_part_that_is_not_shown_is_noticed(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.test_style_page.PARTS", PARTS | {"parts/new.html"})
    assert _missing(Client()) == {"parts/new.html"}


def test_every_state_of_a_part_is_shown(db: None) -> None:
    page = Client().get("/style/").content.decode()
    for words in (
        "已逾期 3 天",
        "今天截止",
        "还剩 3 天",
        "按期完成",
        "逾期 2 天完成",
        "已解除",
        "逾期更正",
        "已发布、未张贴",
    ):
        assert words in page, words
    assert page.count('class="error"') == 6
    assert "请改正以下 6 处" in page
    for button in ("btn-main", "btn-quiet", "btn-danger"):
        assert f'class="{button}"' in page


def test_in_production_it_is_the_administrators_alone(world: World, settings: object) -> None:
    def status(user: User | None) -> int:
        client = Client()
        if user is not None:
            client.force_login(user)
        return client.get("/style/").status_code

    assert status(None) == status(world.owner) == 200
    settings.PRODUCTION = True
    assert status(None) == status(world.owner) == status(world.officer) == 404
    assert status(User.objects.create_superuser("administrator", name="管理员")) == 200
