"""Pictures are decoded and encoded anew: what is stored is ours, without EXIF, position, profile or hidden payload."""

import warnings
from typing import IO

from PIL import Image, ImageOps

from files.rules import PIXELS_DECODED, PIXELS_SCALABLE, Kind
from kernel.errors import DomainError

_FORMATS = ("JPEG", "PNG", "WEBP")
_JPEG_QUALITY = 85
# What Pillow's decoders raise for damaged or hostile files.
_DAMAGE = (OSError, SyntaxError, ValueError, EOFError, MemoryError)


def reencode(source: IO[bytes], target: IO[bytes], *, longest_side: int, field: str) -> Kind:
    """Write the picture upright and at most `longest_side` pixels wide or high to `target`; says what it became.

    WebP becomes JPEG. Raises DomainError naming `field` for more pixels than memory allows (judged by the header,
    before decoding) and for damaged files.
    """
    try:
        with _open(source) as picture:
            _check_pixels(picture, field=field)
            kind = Kind.PNG if picture.format == "PNG" else Kind.JPEG
            # Decodes a JPEG at 1/2, 1/4 or 1/8 of its size where that is still large enough.
            picture.draft("RGB", (longest_side, longest_side))
            ImageOps.exif_transpose(picture, in_place=True)
            plain = _plain(picture, kind)
            plain.thumbnail((longest_side, longest_side), Image.Resampling.LANCZOS)
            plain.info.clear()
            if kind is Kind.PNG:
                plain.save(target, "PNG", compress_level=4)
            else:
                plain.save(target, "JPEG", quality=_JPEG_QUALITY)
            return kind
    except Image.DecompressionBombError as bomb:
        raise DomainError("图片像素太多，请缩小后再传。", field=field) from bomb
    except _DAMAGE as damage:
        raise DomainError("图片已损坏，无法打开，请重新拍摄或另存后再传。", field=field) from damage


def _open(source: IO[bytes]) -> Image.Image:
    with warnings.catch_warnings():
        # Pillow warns a little above our own, stricter bound, which is checked next.
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        return Image.open(source, formats=_FORMATS)


def _check_pixels(picture: Image.Image, *, field: str) -> None:
    width, height = picture.size
    scalable = picture.format == "JPEG" and not picture.info.get("progressive")
    limit = PIXELS_SCALABLE if scalable else PIXELS_DECODED
    if width * height > limit:
        raise DomainError(
            f"图片太大（{width}×{height} 像素），最多 {limit // 10_000} 万像素，请缩小后再传。", field=field
        )


def _plain(picture: Image.Image, kind: Kind) -> Image.Image:
    """The picture in a mode that scales well and that the target format knows; the same object where it is so."""
    if picture.mode.startswith("I"):
        # 16-bit grey: keep the upper eight bits.
        return picture.convert("I").point(lambda level: level / 256).convert("L")
    if kind is Kind.JPEG:
        wanted = "RGB"
    elif picture.mode in {"LA", "PA", "RGBA"} or "transparency" in picture.info:
        wanted = "RGBA"
    else:
        wanted = "L" if picture.mode in {"1", "L"} else "RGB"
    return picture if picture.mode == wanted else picture.convert(wanted)
