"""Text files as Chinese offices and banks write them: which encoding, which separator."""

import codecs

from kernel.errors import DomainError

_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_SEPARATORS = (",", "\t", ";", "|")
_LINES_LOOKED_AT = 30


def decode(data: bytes, *, field: str | None = None) -> tuple[str, str]:
    """The text and the name of its encoding: by its mark, else UTF-8, else GB18030 (which contains GBK).

    Raises DomainError for binary data and for other encodings.
    """
    marked = next((name for mark, name in _BOMS if data.startswith(mark)), None)
    for encoding in [marked] if marked else ["utf-8", "gb18030"]:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" not in text:
            return text, encoding
    raise DomainError("文本文件的编码无法识别，请另存为“CSV UTF-8”后再传。", field=field)


def separator_of(text: str) -> str:
    """The separator that parts the first lines most often and most evenly; a comma where none does."""
    lines = [line for line in text[:100_000].splitlines() if line.strip()][:_LINES_LOOKED_AT]

    def evenness(separator: str) -> tuple[int, int]:
        counts = [line.count(separator) for line in lines]
        commonest = max(set(counts) - {0}, key=counts.count, default=0)
        return counts.count(commonest) if commonest else 0, commonest

    return max(_SEPARATORS, key=evenness) if lines else ","
