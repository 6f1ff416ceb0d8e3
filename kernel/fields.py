"""Model fields every app shares, so that money, areas and references look alike everywhere."""

import secrets
from dataclasses import asdict, dataclass
from typing import Any

from django.db import models

# Crockford's base32: no I, L, O, U, so that a code read aloud or off a poster is unambiguous.
UNMISTAKABLE = "0123456789abcdefghjkmnpqrstvwxyz"


def new_public_id() -> str:
    """A random 16-character id (80 bits) for URLs and QR codes."""
    return "".join(secrets.choice(UNMISTAKABLE) for _ in range(16))


class PublicIdField(models.CharField):
    """The id the outside world sees; integer keys never leave the database."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.update(max_length=16, unique=True, editable=False, default=new_public_id)
        super().__init__(*args, **kwargs)


class MoneyField(models.DecimalField):
    """Yuan with two decimals."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.update(max_digits=14, decimal_places=2)
        super().__init__(*args, **kwargs)


class AreaField(models.DecimalField):
    """Square metres with two decimals."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.update(max_digits=12, decimal_places=2)
        super().__init__(*args, **kwargs)


@dataclass(frozen=True)
class Reference:
    """Points at something in a higher app without importing it: model label, public id, frozen title."""

    kind: str
    public_id: str
    title: str


class ReferenceField(models.JSONField):
    """The one upward pointer the house allows (see the relations test). Only `baogai` resolves it."""

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        raw = super().from_db_value(value, expression, connection)
        # A lookup such as `evidence__kind` comes through here too, with a plain string.
        return Reference(**raw) if isinstance(raw, dict) else raw

    def to_python(self, value: Any) -> Any:
        return Reference(**value) if isinstance(value, dict) else value

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        return super().get_db_prep_value(asdict(value) if isinstance(value, Reference) else value, connection, prepared)

    def value_to_string(self, obj: Any) -> Any:
        value = self.value_from_object(obj)
        return asdict(value) if isinstance(value, Reference) else value


def other_end(model: type[models.Model], relation: str) -> Any:
    """The model a relation leads to, for querysets: they are imported by the models and cannot import them."""
    return model._meta.get_field(relation).related_model
