"""Third-party files for the browser, taken from node_modules one by one.

Whole packages are not exposed: hashing all of Bootstrap took a minute, and unused files are surface.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import BaseFinder
from django.core.files.storage import FileSystemStorage
from whitenoise.storage import CompressedManifestStaticFilesStorage

# Public name -> file under node_modules. A source map is named by its file.
VENDOR_FILES = {
    "vendor/bootstrap.min.css": "bootstrap/dist/css/bootstrap.min.css",
    "vendor/bootstrap.min.css.map": "bootstrap/dist/css/bootstrap.min.css.map",
}

# Folders no resident's phone loads: compressing the API's documentation alone took half a minute.
_LEFT_AS_IS = ("admin/", "drf_spectacular_sidecar/", "import_export/", "rest_framework/")


class _VendorStorage(FileSystemStorage):
    """Reads the named files and nothing else below node_modules."""

    def path(self, name: str) -> str:
        return str(Path(self.location) / VENDOR_FILES[Path(name).as_posix()])


class VendorFinder(BaseFinder):
    """Finds the files of `VENDOR_FILES`; a file that is not installed is simply not found."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.storage = _VendorStorage(location=settings.NODE_MODULES)
        super().__init__(*args, **kwargs)

    def check(self, **kwargs: Any) -> list[Any]:
        return []

    def find(self, path: str, find_all: bool = False, **kwargs: Any) -> Any:
        found = []
        if path in VENDOR_FILES and self.storage.exists(path):
            found = [self.storage.path(path)]
        if find_all:
            return found
        return found[0] if found else None

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterator[tuple[str, FileSystemStorage]]:
        for name in VENDOR_FILES:
            if self.storage.exists(name):
                yield name, self.storage


class StaticStorage(CompressedManifestStaticFilesStorage):
    """Hashed names for ever-lasting caches, and compressed copies of what the pages themselves load."""

    def compress_files(self, paths: Iterable[str]) -> Iterator[tuple[str, str]]:
        yield from super().compress_files([path for path in paths if not path.startswith(_LEFT_AS_IS)])
