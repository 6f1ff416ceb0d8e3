"""Pictures for the example: receipts and photos of a posted paper, drawn here, so that no file is carried along."""

from functools import lru_cache
from io import BytesIO

from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image, ImageDraw, ImageFont

_FONTS = (
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/truetype/wqy/wqy-microhei.ttc",
    str(settings.NODE_MODULES / "@expo-google-fonts/noto-sans-sc/400Regular/NotoSansSC_400Regular.ttf"),
)
_INK, _PAPER, _RULE, _STAMP = (40, 44, 52), (252, 251, 246), (176, 180, 186), (178, 58, 48)
_WALL = (206, 202, 192)
#: What the paper hangs on in each kind of place: no two of them look alike, also where no font knows Chinese.
_BOARDS = ((146, 170, 158), (188, 184, 172), (150, 160, 176), (232, 236, 232))

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont


@lru_cache(maxsize=8)
def _font(size: int) -> Font:
    """A font with Chinese characters where the machine has one; else one that only knows Latin."""
    for path in _FONTS:
        try:
            return ImageFont.truetype(path, size)
        except OSError:
            continue
    return ImageFont.load_default(size)


def _writable(text: str, font: Font) -> str:
    """Without a Chinese font the digits remain."""
    if isinstance(font, ImageFont.FreeTypeFont) and font.path in _FONTS:
        return text
    return "".join(char if char.isascii() else " " for char in text)


def _write(draw: ImageDraw.ImageDraw, place: tuple[int, int], text: str, size: int, ink: tuple[int, int, int]) -> None:
    font = _font(size)
    draw.text(place, _writable(text, font), fill=ink, font=font)


def _upload(picture: Image.Image, name: str) -> SimpleUploadedFile:
    data = BytesIO()
    picture.save(data, "JPEG", quality=70)
    return SimpleUploadedFile(name, data.getvalue(), "image/jpeg")


def receipt(title: str, lines: list[str], *, name: str) -> SimpleUploadedFile:
    """An invoice or receipt with the given lines, marked 示例."""
    picture = Image.new("RGB", (620, 400), _PAPER)
    draw = ImageDraw.Draw(picture)
    draw.rectangle((14, 14, 605, 385), outline=_INK, width=2)
    _write(draw, (36, 30), title, 26, _INK)
    for number, line in enumerate(lines):
        top = 92 + 46 * number
        _write(draw, (36, top), line, 20, _INK)
        draw.line((36, top + 34, 584, top + 34), fill=_RULE)
    _stamp(draw, (470, 300))
    return _upload(picture, name)


def posted_paper(title: str, place: str, lines: list[str], *, wall: int, name: str) -> SimpleUploadedFile:
    """A photo of a paper on a wall, as a phone takes it; `wall` numbers the kind of place."""
    picture = Image.new("RGB", (480, 360), _WALL)
    draw = ImageDraw.Draw(picture)
    draw.rectangle((24, 14, 456, 346), fill=_BOARDS[wall])
    draw.polygon(((130, 26), (364, 22), (368, 330), (126, 326)), fill=_PAPER)
    _write(draw, (142, 38), title, 15, _INK)
    for number, line in enumerate(lines):
        _write(draw, (142, 74 + 25 * number), line, 14, _INK)
    for row in range(4):
        draw.line((144, 216 + 18 * row, 350, 216 + 18 * row), fill=_RULE)
    _write(draw, (34, 322), place, 15, _INK)
    _stamp(draw, (268, 278))
    return _upload(picture, name)


def _stamp(draw: ImageDraw.ImageDraw, place: tuple[int, int]) -> None:
    """A word, not a seal: software draws no seals."""
    left, top = place
    draw.rectangle((left, top, left + 86, top + 44), outline=_STAMP, width=3)
    _write(draw, (left + 18, top + 7), "示例", 24, _STAMP)
