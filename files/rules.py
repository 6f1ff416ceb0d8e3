"""What each door lets in: kinds of content, sizes, and the bounds that stop bombs before anything is unpacked."""

from dataclasses import dataclass
from enum import Enum
from typing import Final

MEGABYTE: Final = 2**20


class Kind(Enum):
    """A kind of content: the extension it is stored under, its MIME type, and the extensions people use for it."""

    PDF = ("pdf", "application/pdf", ("pdf",))
    JPEG = ("jpg", "image/jpeg", ("jpg", "jpeg"))
    PNG = ("png", "image/png", ("png",))
    WEBP = ("webp", "image/webp", ("webp",))
    XLSX = ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", ("xlsx",))
    XLS = ("xls", "application/vnd.ms-excel", ("xls",))
    CSV = ("csv", "text/csv", ("csv",))

    def __init__(self, suffix: str, content_type: str, suffixes: tuple[str, ...]) -> None:
        self.suffix = suffix
        self.content_type = content_type
        self.suffixes = suffixes


IMAGES: Final = frozenset({Kind.JPEG, Kind.PNG, Kind.WEBP})
# What a browser may show in its window: our own re-encoded pictures, and PDF, which it opens in a sandboxed viewer.
SHOWN_INLINE: Final = frozenset(kind.content_type for kind in (Kind.PDF, Kind.JPEG, Kind.PNG))


@dataclass(frozen=True)
class DoorRule:
    """What a door accepts. `largest` in bytes; `longest_side` in pixels of the picture that is kept."""

    kinds: tuple[Kind, ...]
    largest: int
    longest_side: int = 4000

    @property
    def suffixes(self) -> tuple[str, ...]:
        return tuple(suffix for kind in self.kinds for suffix in kind.suffixes)

    @property
    def accept(self) -> str:
        """For the `accept` attribute of a file field."""
        return ",".join(f".{suffix}" for suffix in self.suffixes)

    @property
    def words(self) -> str:
        """pdf、jpg、png，不超过 10 MB."""
        return f"{'、'.join(self.suffixes)}，不超过 {self.largest // MEGABYTE} MB"


DOORS: Final[dict[str, DoorRule]] = {
    "voucher": DoorRule((Kind.PDF, Kind.JPEG, Kind.PNG), 10 * MEGABYTE),
    "photo": DoorRule((Kind.JPEG, Kind.PNG, Kind.WEBP), 20 * MEGABYTE, longest_side=2560),
    "table": DoorRule((Kind.XLSX, Kind.XLS, Kind.CSV), 10 * MEGABYTE),
    # A member's photo on the board: kept small, and as a row that can be deleted again.
    "portrait": DoorRule((Kind.JPEG, Kind.PNG, Kind.WEBP), 10 * MEGABYTE, longest_side=600),
    "scan": DoorRule((Kind.PDF, Kind.JPEG, Kind.PNG), 30 * MEGABYTE),
}
# Nothing larger than the widest door is even read from the network into the temporary folder.
LARGEST_UPLOAD: Final = max(door.largest for door in DOORS.values())

# A zip is judged by its directory before anything is unpacked (reliability D5).
ZIP_MEMBERS: Final = 200
ZIP_UNPACKED: Final = 50 * MEGABYTE
ZIP_RATIO: Final = 100

# A picture is judged by its header before it is decoded. JPEG is decoded at reduced scale, so it may be large; the
# others, and progressive JPEG, need memory for every pixel.
PIXELS_SCALABLE: Final = 89_000_000
PIXELS_DECODED: Final = 25_000_000

TABLE_ROWS: Final = 100_000
TABLE_COLUMNS: Final = 60

# Inner extensions that try to pass for another type: 发票.exe.pdf. Dots in dates (公示2026.9.30.pdf) are no such thing.
SUSPICIOUS_SUFFIXES: Final = frozenset(
    {
        "exe",
        "com",
        "bat",
        "cmd",
        "ps1",
        "vbs",
        "js",
        "jse",
        "wsf",
        "hta",
        "scr",
        "msi",
        "jar",
        "lnk",
        "sh",
        "dll",
        "apk",
    }
    | {"php", "asp", "aspx", "jsp", "html", "htm", "xhtml", "svg", "xml", "swf", "docm", "xlsm", "zip", "rar", "7z"}
    | {"pdf", "jpg", "jpeg", "png", "gif", "webp", "doc", "docx", "xls", "xlsx", "csv", "txt"}
)
