"""The one place where requests reach the action trail.

Whatever a signed-in person sends ends as exactly one line: what was done, what was refused and why, or that it failed.
The line is written in one transaction with the act, so neither stands without the other. Opening pages is not written
down, only that a page was refused; of people who are not signed in only what a service names (a failed sign-in), so
that nobody floods the trail from outside.
"""

from collections.abc import Callable, Sequence
from http import HTTPStatus

from django.contrib.messages import constants as levels
from django.core.cache import cache
from django.db import transaction
from django.http import HttpRequest, HttpResponse

from accounts.models import ActionRecord, User
from accounts.services.trail import Note, gathered, gathering, write_line, write_one
from baogai.acts import ACTS, ASKING, OPENING, act_of
from kernel.fields import Reference

_READING = frozenset({"GET", "HEAD", "OPTIONS"})
_REFUSING = frozenset({400, 403, 404, 409, 413, 415, 422, 429})
_WORDS = {
    200: "没有办成，页面上已说明原因",
    400: "请求不完整或已过期",
    403: "没有办理这件事的权限",
    404: "不存在，或不在其范围内",
    409: "已被他人先行办理",
    413: "送来的内容太大",
    415: "送来的格式不对",
    422: "内容不合要求",
    429: "过于频繁，暂停办理",
}
_THROTTLED_SECONDS = 60
_Result = ActionRecord.Result


class TrailMiddleware:
    """Stands inside the check of who asks and outside everything that acts."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.method in _READING:
            response = self.get_response(request)
            if response.status_code in _REFUSING:
                _write_refusal(request, response, OPENING, ())
            return response
        with transaction.atomic():
            with gathering() as told:
                response = self.get_response(request)
            if response.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
                transaction.set_rollback(True)
            else:
                _write(request, response, told)
        if response.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR and (person := _person(request)):
            write_line(Note(_name(request), person, _subject(request), _Result.FAILED, "系统故障，没有办成"))
        return response


def _write(request: HttpRequest, response: HttpResponse, told: Sequence[str]) -> None:
    notes = gathered()
    refusals = [*told, *_flashed(request)]
    if notes:
        write_one(_name(request), notes, subject=_subject(request))
    elif response.status_code in _REFUSING or refusals or _shows_a_form_again(request, response):
        _write_refusal(request, response, _name(request), refusals)
    elif HTTPStatus.MULTIPLE_CHOICES <= response.status_code < HTTPStatus.BAD_REQUEST and (person := _person(request)):
        write_line(Note(_name(request), person, _subject(request)))
    # Else a page asked to confirm: nothing was done yet.


def _shows_a_form_again(request: HttpRequest, response: HttpResponse) -> bool:
    """Whether a page that takes something answered with itself: it says in its own way why nothing was done."""
    address = request.resolver_match.view_name if request.resolver_match else ""
    return response.status_code == HTTPStatus.OK and address in ACTS and address not in ASKING


def _write_refusal(request: HttpRequest, response: HttpResponse, act: str, told: Sequence[str]) -> None:
    person = _person(request)
    if person is None or request.resolver_match is None:
        return
    status = response.status_code
    # Whoever hammers at a closed door is written down once a minute.
    if status == HTTPStatus.TOO_MANY_REQUESTS and not cache.add(f"trail:{person.pk}", 1, timeout=_THROTTLED_SECONDS):
        return
    detail = "；".join(told) or _WORDS.get(status, _WORDS[HTTPStatus.OK])
    write_line(Note(act, person, _subject(request), _Result.REFUSED, detail))


def _name(request: HttpRequest) -> str:
    return act_of(request.resolver_match.view_name if request.resolver_match else request.path)


def _person(request: HttpRequest) -> User | None:
    return request.user if isinstance(request.user, User) else None


def _subject(request: HttpRequest) -> Reference | None:
    """The address asked for, under the last id it holds: so a refused act is found with those that were done."""
    ids = list(request.resolver_match.kwargs.values()) if request.resolver_match else []
    return Reference("address", str(ids[-1])[:40] if ids else "", request.path[:200])


def _flashed(request: HttpRequest) -> list[str]:
    """Refusals that the next page will show, where a view sent the person back to it."""
    waiting = getattr(getattr(request, "_messages", None), "_queued_messages", ())
    return [str(message.message) for message in waiting if message.level >= levels.WARNING]
