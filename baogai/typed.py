"""What somebody had typed when their session ended by idleness, given back when they have signed in again.

Text only, for half an hour, to the same person in the same browser: the text lies in the cache under the person and a
secret that a cookie holds (decision 0021). Nothing is sent anew: the form is shown, filled.
"""

import secrets
from collections.abc import Callable
from urllib.parse import urlsplit

from django.contrib import messages
from django.core.cache import cache
from django.forms import BoundField, CheckboxInput, CheckboxSelectMultiple, FileInput, PasswordInput, SelectMultiple
from django.http import HttpRequest, HttpResponse, QueryDict
from django.middleware.csrf import CsrfViewMiddleware
from django.urls import Resolver404, resolve

from accounts.models import User
from accounts.services.typed import giving_back, typed_before

COOKIE = "typed"
_SECONDS = 30 * 60
_LONGEST = 100_000
#: Only what people write for the record. Doors (codes, passwords), robots' secrets and, above all, ballots are not
#: named here and so never kept.
_KEPT_ROOMS = frozenset({"finance", "supervision", "communities", "committees", "appraisals", "fieldwork"})
_KEPT_PAGES = frozenset({"ask_correction", "ask_deletion", "data_request", "phone_exports", "doors:decision"})
_NEVER = ("password", "secret", "token")


def _key(person: User, secret: str) -> str:
    return f"typed:{person.pk}:{secret}"


def keep_typed(request: HttpRequest, person: User, *, page: str) -> str:
    """Keep what this form of a page sent too late; the secret to ask for it with, or nothing where nothing is kept."""
    if not _is_kept(request):
        return ""
    typed = request.POST.copy()
    for name in list(typed):
        if name == "code" or any(word in name.lower() for word in _NEVER):
            del typed[name]
    text = typed.urlencode()
    if not typed or len(text) > _LONGEST:
        return ""
    secret = secrets.token_urlsafe(16)
    cache.set(_key(person, secret), {"page": urlsplit(page).path, "typed": text}, _SECONDS)
    return secret


def _is_kept(request: HttpRequest) -> bool:
    """A form of a page that keeps, sent by the site itself."""
    if request.method != "POST":
        return False
    try:
        match = resolve(request.path_info)
    except Resolver404:
        return False
    if not (match.namespace in _KEPT_ROOMS or match.view_name in _KEPT_PAGES):
        return False
    return CsrfViewMiddleware(lambda _: HttpResponse()).process_view(request, match.func, (), {}) is None


def hand_over(answer: HttpResponse, secret: str, *, is_secure: bool) -> None:
    """Leave the secret with the browser."""
    answer.set_cookie(COOKIE, secret, max_age=_SECONDS, httponly=True, samesite="Lax", secure=is_secure)


class TypedTextMiddleware:
    """Fills the page's forms with what was typed before; forgets it when something is sent from that page."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        secret = request.COOKIES.get(COOKIE, "")
        if not secret or not isinstance(request.user, User):
            return self.get_response(request)
        key = _key(request.user, secret[:40])
        kept = cache.get(key)
        if kept is None or kept["page"] not in (request.path, urlsplit(request.headers.get("Referer", "")).path):
            return self.get_response(request)
        if request.method not in ("GET", "HEAD"):
            answer = self.get_response(request)
            cache.delete(key)
            answer.delete_cookie(COOKIE)
            return answer
        if request.path != kept["page"]:
            return self.get_response(request)
        messages.info(request, "退出前填写的文字已恢复，还没有提交。请核对后再提交；文件须重新选择。")
        with giving_back(QueryDict(kept["typed"])):
            return self.get_response(request)


def fill_in(field: BoundField) -> None:
    """Show a field of an unsent form as it was typed before; passwords and files are never filled."""
    typed, widget = typed_before(), field.field.widget
    if typed is None or field.form.is_bound or isinstance(widget, FileInput | PasswordInput):
        return
    if not any(field.form.add_prefix(name) in typed for name in field.form.fields):
        return  # another form of the same page
    if isinstance(widget, CheckboxSelectMultiple | SelectMultiple):
        field.initial = typed.getlist(field.html_name)
    elif isinstance(widget, CheckboxInput):
        field.initial = field.html_name in typed
    elif field.html_name in typed:
        field.initial = typed[field.html_name]
