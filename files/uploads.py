"""The first upload handler: stops swallowing a body that no door would take, yet lets the page explain."""

from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile, UploadedFile
from django.core.files.uploadhandler import FileUploadHandler

from files.rules import LARGEST_UPLOAD


class OversizeUpload(SimpleUploadedFile):
    """Stands for a file whose bytes were dropped: no content, but its true size, so that the door refuses it."""

    def __init__(self, name: str, true_size: int) -> None:
        super().__init__(name, b"")
        self.size = true_size


class CappedUploadHandler(FileUploadHandler):
    """Passes chunks on until the widest door's limit; after that nothing more reaches memory or disk."""

    received = 0

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        self.received = 0

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        self.received += len(raw_data)
        return raw_data if self.received <= LARGEST_UPLOAD else None

    def file_complete(self, file_size: int) -> UploadedFile | None:
        if self.received <= LARGEST_UPLOAD:
            return None
        return OversizeUpload(self.file_name or "", self.received)
