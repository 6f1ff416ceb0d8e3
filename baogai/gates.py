"""What stands between a signed-in person and the pages: sessions left idle, and a password that is due.

Both ask the person's standing, which every page asks anyway and which is read once per request.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from urllib.parse import urlencode, urlsplit

from allauth.account.internal.flows.login import get_authentication_records
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django_htmx.http import HttpResponseClientRedirect

from accounts.models import User
from accounts.rules import PasswordDue, password_due
from accounts.services import note_seen, record_action
from baogai.second_factor import must_have_second_factor
from baogai.typed import hand_over, keep_typed
from communities.permissions import Standing, is_staff_member, standing_of
from kernel.days import today

SEEN_AT = "seen_at"
#: A session notes its last request at most so often: most pages cost no statement for it; it may end so much early.
_NOTED_EVERY = timedelta(minutes=1)
#: Where nothing ends a session by idleness, its owner still sees when it was used last.
_NOTED_FOR_THE_LIST_EVERY = timedelta(hours=1)
_API = "/api/"


def idle_limit(standing: Standing) -> timedelta | None:
    """How long this person's session may lie idle; None: as long as the session lasts."""
    minutes = 0
    if is_staff_member(standing):
        minutes = settings.STAFF_IDLE_MINUTES
    elif standing.current:
        minutes = settings.POST_IDLE_MINUTES
    return timedelta(minutes=minutes) if minutes else None


def password_lasts(standing: Standing) -> timedelta | None:
    """After how long this person's password must be changed; None: never by time."""
    days = 0
    if is_staff_member(standing):
        days = settings.STAFF_PASSWORD_DAYS
    elif standing.current:
        days = settings.POST_PASSWORD_DAYS
    return timedelta(days=days) if days else None


def due_of(user: User, *, at: datetime) -> PasswordDue | None:
    """Why this person has to change the password now.

    The people of the example are exempt: their one password is printed for everybody who tries the portal, and an
    installation with example data refuses to be production.
    """
    if user.is_example or not user.has_usable_password():
        return None
    lasts = password_lasts(standing_of(user, today()))
    return password_due(is_issued=user.password_is_issued, set_at=user.password_set_at, lasts=lasts, at=at)


class IdleMiddleware:
    """Ends a session left idle. Reading goes on as nobody: a page that needs a person asks to sign in and comes back.

    What was sent is not done: the person signs in and comes back to the page with the form, and to what they typed.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if isinstance(person := _person(request), User):
            limit = idle_limit(standing_of(person, today()))
            if _was_idle(request, limit) and limit is not None:
                return self._end(request, person, limit)
        return self.get_response(request)

    def _end(self, request: HttpRequest, person: User, limit: timedelta) -> HttpResponse:
        minutes = int(limit.total_seconds()) // 60
        record_action("闲置退出", by=person, detail=f"{minutes} 分钟没有操作")
        kept = keep_typed(request, person, page=_page_of(request))
        logout(request)
        if request.path.startswith(_API):
            return self.get_response(request)
        words = f"您有 {minutes} 分钟没有操作，为安全起见已自动退出。请重新登录，登录后回到刚才的页面。"
        if request.method not in ("GET", "HEAD"):
            words += "填写的文字还在，文件须重新选择。" if kept else "刚才提交的内容没有保存。"
        messages.warning(request, words)
        if request.method in ("GET", "HEAD") and not request.headers.get("HX-Request"):
            return self.get_response(request)
        answer = _lead(request, reverse("login"))
        if kept:
            hand_over(answer, kept, is_secure=request.is_secure())
        return answer


class DueMiddleware:
    """Whoever has to change their password, or to set up a second factor, is led there and gets nowhere else."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self._open = frozenset(map(reverse, _ALWAYS_OPEN))
        self._setting_up = frozenset(map(reverse, _SETTING_UP))

    def __call__(self, request: HttpRequest) -> HttpResponse:
        person = _person(request)
        if person is None or request.path in self._open:
            return self.get_response(request)
        if due := due_of(person, at=timezone.now()):
            return self._stop(request, _DUE_WORDS[due], reverse("password"))
        if request.path not in self._setting_up and _lacks_second_factor(request, person):
            return self._stop(request, _LACKS_WORDS, reverse("mfa_activate_totp"))
        return self.get_response(request)

    def _stop(self, request: HttpRequest, words: str, where: str) -> HttpResponse:
        if request.path.startswith(_API):
            return JsonResponse({"detail": f"{words}请在网页上办理。"}, status=403)
        messages.warning(request, words)
        return _lead(request, where)


def _lacks_second_factor(request: HttpRequest, person: User) -> bool:
    """Whether this session needs a second step and had none; whoever has one took it when signing in."""
    if not must_have_second_factor(standing_of(person, today())):
        return False
    return not any(proof["method"] == "mfa" for proof in get_authentication_records(request, person))


_ALWAYS_OPEN = ("password", "logout", "care_mode", "doors:first_password")
_SETTING_UP = ("mfa_activate_totp", "mfa_view_recovery_codes", "account_reauthenticate", "mfa_reauthenticate")
_LACKS_WORDS = "您的职务必须使用动态口令。请先用手机开启，再继续。"
_DUE_WORDS = {
    PasswordDue.ISSUED: "您用的是发放的初始密码。请先换成自己的密码，再继续。",
    PasswordDue.EXPIRED: "您的密码已到更换期限。请先换一个新密码，再继续。",
}


def _person(request: HttpRequest) -> User | None:
    return request.user if isinstance(request.user, User) else None


def begin_counting(request: HttpRequest) -> None:
    """A session begins now."""
    request.session[SEEN_AT] = timezone.now().timestamp()


def _was_idle(request: HttpRequest, limit: timedelta | None) -> bool:
    """Whether the last request is too long ago; if not, this one is noted."""
    now = timezone.now()
    seen = request.session.get(SEEN_AT)
    if not isinstance(seen, int | float):  # a session from before this was counted
        request.session[SEEN_AT] = now.timestamp()
        return False
    since = timedelta(seconds=now.timestamp() - seen)
    if limit is not None and since >= limit:
        return True
    if since >= (_NOTED_EVERY if limit is not None else _NOTED_FOR_THE_LIST_EVERY):
        request.session[SEEN_AT] = now.timestamp()
        note_seen(request.session.session_key or "", at=now)
    return False


def _lead(request: HttpRequest, where: str) -> HttpResponse:
    """To another page first, and back to where the person was: for a form that was sent, the page that showed it."""
    onward = f"{where}?{urlencode({'next': _page_of(request)})}"
    return HttpResponseClientRedirect(onward) if request.headers.get("HX-Request") else redirect(onward)


def _page_of(request: HttpRequest) -> str:
    if request.method in ("GET", "HEAD") and not request.headers.get("HX-Request"):
        return request.get_full_path()
    before = request.headers.get("HX-Current-URL") or request.headers.get("Referer") or ""
    if not url_has_allowed_host_and_scheme(before, {request.get_host()}, require_https=request.is_secure()):
        return reverse("desk")
    parts = urlsplit(before)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path
