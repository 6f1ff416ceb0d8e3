"""Where sessions lie: Django's own table and rules, read by a statement that is planned once per connection."""

from datetime import datetime
from typing import Any

from django.contrib.sessions.backends import db
from django.contrib.sessions.backends.base import VALID_KEY_CHARS
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.crypto import get_random_string

from accounts.compiled import NEVER, CompiledRead


def _living(key: str, at: datetime) -> QuerySet[Any, tuple[Any, ...]]:
    """As Django asks for one."""
    sessions = SessionStore.get_model_class().objects
    return sessions.filter(session_key=key, expire_date__gt=at).values_list("session_data")


_read_living = CompiledRead(_living, "no session", NEVER)


class SessionStore(db.SessionStore):
    """Every request of a signed-in person begins here. The class is called as Django's: its name salts what is kept."""

    def load(self) -> dict[str, Any]:
        for (data,) in _read_living(self.session_key, timezone.now()):
            return dict(self.decode(data))
        self._session_key = None
        return {}

    def delete(self, session_key: str | None = None) -> None:
        """In one statement, where Django reads the row before."""
        key = session_key or self.session_key
        if key is not None:
            self.model.objects.filter(session_key=key).delete()

    def _get_new_session_key(self) -> str:
        """165 bits that nobody else has; whoever keeps it says so if somebody does (`create` tries again)."""
        return get_random_string(32, VALID_KEY_CHARS)
