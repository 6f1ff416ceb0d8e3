"""From a proof of who somebody is to their session, and where to go on from there.

Every door ends in `enter`: allauth's stages (a second factor, where the person has one) stand between the proof and the
session, whichever door the person came by.
"""

from allauth.account.internal.flows.login import record_authentication
from allauth.account.utils import perform_login
from django.http import HttpRequest, HttpResponse
from django.utils.http import url_has_allowed_host_and_scheme

from accounts.models import User
from accounts.services.trail import record_action

_OTHER_WAYS = {"code": "短信验证码", "slip": "入户条", "link": "一次性链接"}


def enter(request: HttpRequest, user: User, *, method: str, onward: str) -> HttpResponse:
    """Sign in a person who has proven themselves by `method` (password, code, slip, link); the answer to send.

    It leads on to `onward`, or first to the second factor. The session gets a new key, so that one handed to the
    browser before is worth nothing.
    """
    record_authentication(request, user, method)
    if method in _OTHER_WAYS:  # the password's door keeps its own record, with the failures
        record_action("登录", by=user, detail=_OTHER_WAYS[method])
    answer: HttpResponse = perform_login(request, user, redirect_url=onward)
    return answer


def onward_of(request: HttpRequest, default: str) -> str:
    """Where the person wanted to go; only within this site."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    # A path, never a bare word: `redirect` would take that for the name of a view.
    safe = wanted.startswith("/") and url_has_allowed_host_and_scheme(wanted, {request.get_host()})
    return wanted if safe else default
