"""Form fields for files, and forms that keep what was uploaded when they must be sent again."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.core import signing
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.http import QueryDict
from openpyxl.utils import get_column_letter

from accounts.models import User
from files.importing import Column
from files.models import StoredFile
from files.rules import DOORS
from files.services import store_upload
from kernel.errors import DomainError

_SALT = "files.kept"
_KEPT_SECONDS = 24 * 3600


class FilesInput(forms.ClearableFileInput):
    allow_multiple_selected = True


class FilesField(forms.FileField):
    """Several files at once; the door that checks them is the service's."""

    def __init__(self, *, door: str = StoredFile.Door.VOUCHER, **kwargs: Any) -> None:
        kwargs.setdefault("widget", FilesInput(attrs={"accept": DOORS[door].accept}))
        super().__init__(**kwargs)

    def clean(self, data: Any, initial: Any = None) -> list[UploadedFile]:
        """The uploads, empty ones included: the door has the words for them."""
        given: Sequence[UploadedFile] = data if isinstance(data, list | tuple) else [data] if data else []
        if not given and self.required:
            raise ValidationError(self.error_messages["required"], code="required")
        return list(given)


class KeepsFilesForm(forms.Form):
    """A form with a file field `files_field`; `kept` carries, signed for this person, what was taken in already.

    So nobody has to choose a file twice because another field was wrong. `door` is the one the files pass.
    """

    files_field = "vouchers"
    door: str = StoredFile.Door.VOUCHER
    kept = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, by: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.by = by
        self._hint = self.fields[self.files_field].help_text
        self.kept_files = self._kept_files()
        if self.kept_files:
            self._show_kept()

    def _kept_files(self) -> list[StoredFile]:
        """What an earlier sending of this form left; nothing for a forged, foreign or old mark."""
        try:
            told = signing.loads(self.data.get(self.add_prefix("kept"), ""), salt=_SALT, max_age=_KEPT_SECONDS)
        except signing.BadSignature:
            return []
        if told.get("by") != self.by.pk:
            return []
        return list(StoredFile.objects.filter(public_id__in=told["files"], uploaded_by=self.by))

    def _show_kept(self) -> None:
        names = "、".join(file.name for file in self.kept_files)
        self.fields[self.files_field].required = False
        self[self.files_field].help_text = f"已保留：{names}，不必再选。{self._hint}"

    def _new_files(self) -> list[UploadedFile]:
        given = self.cleaned_data.get(self.files_field) if hasattr(self, "cleaned_data") else None
        return list(given) if isinstance(given, list) else [given] if given else []

    def sources(self) -> list[UploadedFile | StoredFile]:
        """Everything the person handed in, now and before."""
        return [*self.kept_files, *self._new_files()]

    def keep_files(self) -> None:
        """Take in what the door accepts, before the form is shown again with its errors."""
        for upload in self._new_files():
            upload.seek(0)
            try:
                self.kept_files.append(store_upload(upload, door=self.door, by=self.by, field=self.files_field))
            except DomainError as error:
                if not self.has_error(self.files_field):
                    self.add_error(self.files_field, error.message)
        if self.kept_files and isinstance(self.data, QueryDict):
            told = {"by": self.by.pk, "files": [file.public_id for file in self.kept_files]}
            data = self.data.copy()
            data[self.add_prefix("kept")] = signing.dumps(told, salt=_SALT)
            self.data = data
            self._show_kept()

    def refuse(self, error: DomainError) -> None:
        """Show a rule's refusal beside its field, or on top."""
        self.add_error(error.field if error.field in self.fields else None, error.message)


class TableColumnsForm(forms.Form):
    """Which column of a table holds what; recognised already, correctable by hand.

    `labels` are those of the header, "" where it has none; `recognised` gives each field's column, from 0.
    """

    def __init__(
        self,
        *args: Any,
        columns: Sequence[Column],
        labels: Sequence[str],
        recognised: Mapping[str, int],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        places = [
            (str(number), f"{get_column_letter(number + 1)} 列：{label or '（无标题）'}")
            for number, label in enumerate(labels)
        ]
        for column in columns:
            self.fields[column.field] = forms.TypedChoiceField(
                label=column.label,
                help_text=column.hint,
                required=column.is_required,
                coerce=int,
                empty_value=None,
                choices=[("", "请选择" if column.is_required else "没有这一栏"), *places],
                initial=str(recognised.get(column.field, "")),
                error_messages={"required": f"请选择“{column.label}”是哪一栏。"},
            )

    @property
    def columns(self) -> dict[str, int]:
        """Field → column from 0, for the fields that have one."""
        return {name: number for name, number in self.cleaned_data.items() if number is not None}
