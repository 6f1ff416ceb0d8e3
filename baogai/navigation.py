"""The ways through the portal, from one place: side navigation on the desk, tabs on the phone."""

import time
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from itertools import islice
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import SimpleLazyObject

from accounts.compiled import NO_ID, CompiledRead
from accounts.models import User
from accounts.outlets import has_test_inbox
from accounts.rules import CARE_COOKIE
from baogai.help import help_url, manuals_of
from baogai.permissions import Desk, desks_of, may_read_trail, may_search
from communities.permissions import Standing, standing_of
from kernel.days import today
from notices.models import Message

_UNREAD_SHOWN = 99
_EXAMPLE_MARK_SECONDS = 60


@dataclass(frozen=True)
class Item:
    """One way: where it leads, and the addresses below which it counts as the present place."""

    label: str
    icon: str
    name: str
    url: str = ""
    count: int = 0
    is_here: bool = False


@dataclass(frozen=True)
class Navigation:
    groups: tuple[tuple[Item, ...], ...] = ()
    tabs: tuple[Item, ...] = ()
    unread: int = 0
    may_search: bool = False


_DESK = Item("工作台", "inbox", "desk")
_HOME = Item("首页", "house", "desk")
_BOARD = Item("履职总览", "grid-3x3", "board")
_HALF = Item("半年总览", "calendar2-range", "half")
_OBLIGATIONS = Item("义务事项", "calendar3", "supervision:obligations")
_CALENDAR = Item("期限日历", "calendar-week", "calendar")
_COMPOUNDS = Item("小区", "buildings", "communities:compounds")
_BODIES = Item("组织与任职", "people", "communities:bodies")
_FIRMS = Item("物业企业", "briefcase", "communities:firms")
_DISCLOSURES = Item("收支公示", "journal-text", "finance:disclosures")
_ACCOUNTS = Item("账户与流水", "bank", "finance:accounts")
_SURVEYS = Item("满意度测评", "ui-checks", "evaluations:surveys")
_APPRAISALS = Item("物业考评", "clipboard-data", "appraisals:appraisals")
_INSPECTIONS = Item("现场检查", "camera", "fieldwork:inspections")
_TICKETS = Item("12345 工单", "telephone", "fieldwork:tickets")
_RANKING = Item("考评结果", "trophy", "fieldwork:ranking")
_POLICIES = Item("政策文件", "file-earmark-text", "supervision:policies")
_EXTENSIONS = Item("延期", "calendar-x", "supervision:extensions")
_EDITIONS = Item("镇里的通报", "megaphone", "editions:editions")
_PILOT = Item("试点登记", "clipboard-check", "supervision:pilot")
_TRAIL = Item("操作记录", "clock-history", "trail")
_DATA = Item("数据管理", "database", "admin:index")
_JOBS = Item("导入导出", "arrow-down-up", "jobs")
_INBOX = Item("消息", "bell", "notices:inbox")
_ME = Item("我的", "person", "me")

_JUDGING = (_SURVEYS, _APPRAISALS, _INSPECTIONS, _TICKETS, _RANKING)
_OVERSEERS = (
    (_DESK, _BOARD, _OBLIGATIONS, _CALENDAR, _DISCLOSURES, _ACCOUNTS),
    (*_JUDGING, _HALF),
    (_COMPOUNDS, _BODIES, _FIRMS),
    (_POLICIES, _EXTENSIONS, _PILOT, _EDITIONS),
    (_INBOX, _JOBS, _ME),
)
_AUDITORS = (*_OVERSEERS[:3], (*_OVERSEERS[3], _TRAIL), _OVERSEERS[4])
_BEARERS = (
    (_DESK, _OBLIGATIONS, _CALENDAR, _ACCOUNTS, _DISCLOSURES),
    _JUDGING,
    (_COMPOUNDS, _BODIES, _EDITIONS),
    (_INBOX, _JOBS, _ME),
)
_OWNERS = ((_HOME, _DISCLOSURES, _SURVEYS, _APPRAISALS, _RANKING, _COMPOUNDS, _EDITIONS, _INBOX, _ME),)


def _ways(desks: list[Desk], *, reads_trail: bool) -> tuple[tuple[tuple[Item, ...], ...], tuple[Item, ...]]:
    """Groups of the side navigation and the phone's tabs, by the widest desk."""
    if {Desk.TOWN, Desk.AUDIT, Desk.VILLAGE} & set(desks):
        return _AUDITORS if reads_trail else _OVERSEERS, (_DESK, _OBLIGATIONS, _COMPOUNDS, _INBOX, _ME)
    if {Desk.COMMITTEE, Desk.FIRM} & set(desks):
        return _BEARERS, (_DESK, _OBLIGATIONS, _ACCOUNTS, _INBOX, _ME)
    return _OWNERS, (_HOME, _DISCLOSURES, _COMPOUNDS, _INBOX, _ME)


def _resolve(items: Iterable[Item], path: str, unread: int) -> tuple[Item, ...]:
    """Items with their addresses; the one whose address is the longest beginning of the path is where one is."""
    ways = [(item, _address(item.name)) for item in items]
    here = max((url for _, url in ways if path.startswith(url)), key=len, default="")
    return tuple(
        replace(item, url=url, count=unread if item is _INBOX else 0, is_here=url == here) for item, url in ways
    )


@cache
def _address(name: str) -> str:
    return reverse(name)


def navigation_of(standing: Standing, *, path: str, unread: int) -> Navigation:
    groups, tabs = _ways(desks_of(standing), reads_trail=may_read_trail(standing))
    if standing.is_administrator:
        groups = (*groups, (_DATA,))
    all_ways = iter(_resolve((item for group in groups for item in group), path, unread))
    return Navigation(
        groups=tuple(tuple(islice(all_ways, len(group))) for group in groups),
        tabs=_resolve(tabs, path, unread),
        unread=unread,
        may_search=may_search(standing),
    )


@lru_cache(maxsize=1)
def _has_example_data(window: int) -> bool:  # noqa: ARG001 - the minute is the memo's key
    return User.objects.filter(is_example=True).exists()


def has_example_data() -> bool:
    """Whether 示例 is written on every page; asked of the database once a minute in each process."""
    return _has_example_data(int(time.monotonic() // _EXAMPLE_MARK_SECONDS))


def forget_example_mark() -> None:
    """Ask again now; for whoever has just loaded example data."""
    _has_example_data.cache_clear()


def unread_of(user: User) -> int:
    """Unread messages, counted no further than the bar shows."""
    return len(_read_unread(user.pk))


def _unread(user_id: int) -> QuerySet[Any, tuple[Any, ...]]:
    return Message.objects.inbox_of(user_id).unread().order_by().values_list("pk")[: _UNREAD_SHOWN + 1]


_read_unread = CompiledRead(_unread, NO_ID)


def wants_care_mode(request: HttpRequest) -> bool:
    user = getattr(request, "user", None)
    if user is not None and user.is_authenticated:
        return bool(user.wants_care_mode)
    return request.COOKIES.get(CARE_COOKIE) == "1"


def navigation(request: HttpRequest) -> dict[str, Any]:
    """Context of every page: the day, the navigation, care mode, the mark of example data."""
    return {
        "today": today(),
        "care_mode": SimpleLazyObject(lambda: wants_care_mode(request)),
        "has_example_data": SimpleLazyObject(has_example_data),
        "has_test_inbox": has_test_inbox(),
        "help_url": SimpleLazyObject(lambda: _help_for(request)),
        "navigation": SimpleLazyObject(lambda: _navigation_for(request)),
    }


def _navigation_for(request: HttpRequest) -> Navigation:
    """Read only where a page shows it: a fragment of a page costs no statements for its frame."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return Navigation()
    return navigation_of(standing_of(user, today()), path=request.path, unread=unread_of(user))


def _help_for(request: HttpRequest) -> str:
    """The present page's own help, in the manual of whoever reads it."""
    match = request.resolver_match
    user = getattr(request, "user", None)
    standing = standing_of(user, today()) if user is not None else Standing(on=today())
    return help_url(match.view_name if match else None, manuals_of(standing))
