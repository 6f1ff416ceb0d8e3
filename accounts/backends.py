"""Who is signed in: Django's own rules, read by a statement that is planned once per connection."""

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.db.models import QuerySet

from accounts.compiled import NO_ID, CompiledRead
from accounts.models import User

#: In the model's own order, by which `from_db` takes the values.
_COLUMNS = [field.attname for field in User._meta.concrete_fields]


def _of_id(user_id: int) -> QuerySet[Any, tuple[Any, ...]]:
    return User.objects.filter(pk=user_id).order_by().values_list(*_COLUMNS)


_read_person = CompiledRead(_of_id, NO_ID)


class PasswordBackend(ModelBackend):
    """User name and password. Every request of a signed-in person reads who it is."""

    def get_user(self, user_id: int) -> User | None:
        """The person of a session; None where they may no longer sign in."""
        for row in _read_person(user_id):
            person = User.from_db("default", _COLUMNS, row)
            return person if self.user_can_authenticate(person) else None
        return None
