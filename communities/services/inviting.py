"""Inviting somebody to a post: who they are, from when to when, and the one-time way in."""

from datetime import date, datetime

from django.core.exceptions import ValidationError
from django.db import transaction

from accounts.models import User
from accounts.rules import LinkKind
from accounts.services import make_link
from communities.models import Post
from communities.services.offices import appoint
from kernel.errors import DomainError


@transaction.atomic
def invite_to_post(
    post: Post,
    *,
    name: str,
    username: str,
    phone: str,
    from_on: date,
    until_on: date | None,
    basis: str,
    by: User,
    at: datetime,
) -> tuple[User, str]:
    """A new account without a password, its appointment, and the secret of its invitation, shown once.

    Raises DomainError naming the field: a user name that is taken, days that do not fit.
    """
    if User.objects.filter(username__iexact=username).exists():
        raise DomainError("这个用户名已经有人用了，请换一个。", field="username")
    try:
        person = User.objects.create_user(username, None, name=name, phone=phone)
    except ValidationError as error:
        raise DomainError("".join(error.messages), field="username") from error
    appoint(post, user=person, from_on=from_on, until_on=until_on, basis=basis, by=by)
    _, secret = make_link(person, kind=LinkKind.INVITATION, by=by, at=at)
    return person, secret
