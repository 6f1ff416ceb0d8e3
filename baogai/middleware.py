"""What every answer carries, and how a refused act looks to the person."""

from collections.abc import Callable
from ipaddress import ip_address
from typing import Any

from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import render

from accounts.services import client_address, note_refusal
from baogai.adapters import LONG_SESSION
from baogai.errors import status_of
from communities.permissions import standing_of
from kernel.days import today
from kernel.errors import DomainError

_PERMISSIONS_POLICY = "camera=(self), geolocation=(), microphone=(), payment=(), usb=()"


class ClientAddressMiddleware:
    """Whose network address an act came from, for the action trail and the limits on failed sign-ins.

    Headers are believed only where the installation says that a proxy of its own stands before it; then the last
    entry of X-Forwarded-For counts, which that proxy wrote itself.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        token = client_address.set(_address_of(request))
        try:
            return self.get_response(request)
        finally:
            client_address.reset(token)


def _address_of(request: HttpRequest) -> str | None:
    candidate = request.META.get("REMOTE_ADDR", "")
    if settings.BEHIND_PROXY:
        candidate = request.headers.get("X-Forwarded-For", "").rsplit(",", 1)[-1].strip() or candidate
    try:
        return str(ip_address(candidate))
    except ValueError:  # a unix socket has no address
        return None


class LongSessionMiddleware:
    """A resident's long session ends as soon as the person holds a post: those sign in anew each day.

    Only sessions marked as long are looked at, so nobody else pays for it.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.session.get(LONG_SESSION) and standing_of(request.user, today()).current:
            logout(request)
        return self.get_response(request)


class PrivatePagesMiddleware:
    """Pages of a signed-in person are kept by no cache, shared computer or proxy."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Permissions-Policy", _PERMISSIONS_POLICY)
        if request.user.is_authenticated:
            response.headers.setdefault("Cache-Control", "private, no-store")
        return response


class ServedVerbsMiddleware:
    """Pages are read and forms are sent: no address takes another verb, whatever its view would make of it."""

    _VERBS = ("GET", "HEAD", "POST", "OPTIONS")

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *_: Any) -> HttpResponse | None:
        """After the check of the site's token, which answers first."""
        return None if request.method in self._VERBS else HttpResponseNotAllowed(self._VERBS)


class DomainErrorMiddleware:
    """A rule's refusal that no form has caught becomes a page with the rule's own words."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if not isinstance(error, DomainError):
            return None
        note_refusal(error.message)
        return render(request, "refused.html", {"message": error.message}, status=status_of(error))
