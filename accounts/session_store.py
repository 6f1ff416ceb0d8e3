"""Where sessions lie: Django's own table and rules, read by a statement that is planned once per connection."""

from datetime import datetime
from typing import Any

from django.contrib.sessions.backends import db
from django.db.models import QuerySet
from django.utils import timezone

from accounts.compiled import CompiledRead

#: What stand in for a key and a moment while the SQL is written.
_NO_KEY, _NEVER = "no session", datetime.fromisoformat("1583-01-02T00:00:00+00:00")


def _living(key: str, at: datetime) -> QuerySet[Any, tuple[Any, ...]]:
    """As Django asks for one."""
    sessions = SessionStore.get_model_class().objects
    return sessions.filter(session_key=key, expire_date__gt=at).values_list("session_data")


_read_living = CompiledRead(_living, _NO_KEY, _NEVER)


class SessionStore(db.SessionStore):
    """Every request of a signed-in person begins here. The class is called as Django's: its name salts what is kept."""

    def load(self) -> dict[str, Any]:
        for (data,) in _read_living(self.session_key, timezone.now()):
            return dict(self.decode(data))
        self._session_key = None
        return {}
