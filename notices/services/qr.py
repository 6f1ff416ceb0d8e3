"""QR codes on printed papers: the way back from paper to the page that proves it."""

import segno


def qr_svg(content: str, *, scale: int = 4) -> str:
    """A QR code as an SVG element to stand inside a page. Readable with a seventh of it torn off or stained."""
    code = segno.make(content, error="m", micro=False)
    return code.svg_inline(scale=scale, border=2, dark="#000", light="#fff", omitsize=True)
