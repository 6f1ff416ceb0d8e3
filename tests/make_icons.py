"""The icons of static/icons, drawn from static/favicon.svg.

    python -m tests.make_icons

A maskable icon fills its square and keeps its picture within the middle four fifths, whatever shape a phone cuts.
"""

import re
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

from tests.chromium import program_of_this_machine

_STATIC = Path(__file__).resolve().parent.parent / "static"
#: Name, side in pixels, whether a phone may cut it to any shape.
ICONS = (
    ("icon-192", 192, False),
    ("icon-512", 512, False),
    ("maskable-512", 512, True),
    ("apple-touch-180", 180, True),
)


def _drawing(side: int, *, maskable: bool) -> str:
    svg = (_STATIC / "favicon.svg").read_text(encoding="utf-8")
    if maskable:
        svg = re.sub(r'rx="\d+"', 'rx="0"', svg)
        svg = re.sub(r"(<path.*?/>)", r'<g transform="translate(16 16) scale(.72) translate(-16 -16)">\1</g>', svg)
    return svg.replace("<svg ", f'<svg width="{side}" height="{side}" ', 1)


def _keep(page: Page, name: str, side: int, *, maskable: bool) -> None:
    page.set_viewport_size({"width": side, "height": side})
    page.set_content(f"<style>body{{margin:0}}svg{{display:block}}</style>{_drawing(side, maskable=maskable)}")
    picture = Image.open(BytesIO(page.screenshot(omit_background=True)))
    shades = picture.quantize(32) if not maskable else picture.convert("RGB").quantize(32)
    shades.save(_STATIC / "icons" / f"{name}.png", optimize=True)


def main() -> None:
    (_STATIC / "icons").mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program_of_this_machine(), args=["--no-sandbox"])
        page = browser.new_page()
        for name, side, maskable in ICONS:
            _keep(page, name, side, maskable=maskable)
        browser.close()


if __name__ == "__main__":
    main()
