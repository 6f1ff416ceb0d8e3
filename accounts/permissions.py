"""Who is asking. What they may do is decided in the rooms above, by the posts they hold."""

from django.http import HttpRequest

from accounts.models import User


class PersonRequest(HttpRequest):
    """A request behind `login_required`: whoever asks is a person, never nobody."""

    user: User
