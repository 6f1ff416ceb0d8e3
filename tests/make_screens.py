"""Pictures of the desks for docs/screens, of a running portal with the example data.

    python -m tests.make_screens http://127.0.0.1:8000 PASSWORD

with the password that `manage.py load_example` prints.

Looks as people look: a phone of 390 px and a desk of 1440 px, and a resident in 关怀版. Pictures are cut at three
screens of height and reduced to a palette, so that they stay small in the repository.
"""

import sys
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, sync_playwright

from tests.chromium import DESK, PHONE, program_of_this_machine

_FOLDER = Path(__file__).resolve().parent.parent / "docs" / "screens"
_SCREENS_HIGH = 3
#: Picture's name, who looks (nobody for the public), where.
_SCENES = (
    ("town-desk", "town1", "/desk/"),
    ("village-desk", "village", "/desk/"),
    ("committee-desk", "chair", "/desk/"),
    ("firm-desk", "manager", "/desk/"),
    ("audit-desk", "auditor", "/desk/"),
    ("resident-home", "resident1", "/desk/"),
    ("public-home", None, "/"),
    ("calendar", "town1", "/calendar/?day=2026-10-31"),
    ("half-year", "town1", "/board/half/?period=2026H1"),
    ("resident-surveys", "resident1", "/surveys/"),
    ("public-editions", None, "/editions/"),
)
_CARE = ("resident-home", "public-home")


def _keep(picture: bytes, name: str, height: int) -> None:
    image = Image.open(BytesIO(picture)).convert("RGB")
    image = image.crop((0, 0, image.width, min(image.height, height * _SCREENS_HIGH)))
    image.quantize(64).save(_FOLDER / f"{name}.png", optimize=True)
    print(f"{name}.png")  # noqa: T201 - a command's answer


def _look(browser: Browser, base: str, password: str, scene: tuple[str, str | None, str]) -> None:
    name, who, path = scene
    for size in (PHONE, DESK):
        page = browser.new_context(base_url=base, viewport=size, locale="zh-CN").new_page()
        if who is not None:
            page.goto("/login/")
            page.get_by_label("用户名").fill(who)
            page.get_by_label("密码").fill(password)
            page.get_by_role("main").get_by_role("button", name="登录").click()
            page.wait_for_url("**/desk/")
        page.goto(path)
        # The tabs at the phone's foot would stand in the middle of a picture longer than the screen.
        page.evaluate("document.querySelector('.tabs')?.style.setProperty('position', 'static')")
        _keep(page.screenshot(full_page=size == PHONE), f"{name}-{size['width']}", size["height"])
        if name in _CARE and size == PHONE:
            page.evaluate("document.documentElement.classList.add('care')")
            _keep(page.screenshot(full_page=True), f"{name}-care-{size['width']}", size["height"])
        page.context.close()


def main() -> None:
    base, password = sys.argv[1:]
    _FOLDER.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program_of_this_machine(), args=["--no-sandbox"])
        for scene in _SCENES:
            _look(browser, base, password, scene)
        browser.close()


if __name__ == "__main__":
    main()
