"""Who is asking, and what an administrator may keep. Everything else is decided in the rooms above, by posts held.

Three duties are never one person's (GB/T 22239-2019 level 2, 三员分立): the system administrator keeps master data, the
permission administrator accounts and second factors, the auditor looks. Django's two ticks say which: `is_staff` makes
an administrator, `is_superuser` the one for permissions. So nobody can be both; that neither audits is refused above.
"""

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest

from accounts.models import User


class PersonRequest(HttpRequest):
    """A request behind `login_required`: whoever asks is a person, never nobody."""

    user: User


def keeps_master_data(user: User | AnonymousUser) -> bool:
    """系统管理员: places, firms, rest days."""
    return user.is_active and user.is_staff and not user.is_superuser


def keeps_accounts(user: User | AnonymousUser) -> bool:
    """权限管理员: accounts, first passwords, second factors, who administers."""
    return user.is_active and user.is_staff and user.is_superuser
