"""帮助: the manual as pages of the portal, and which part of it belongs to which page.

The manual is docs/manual/*.md and nothing else; here it is rendered and found. Raw HTML in it is shown as text.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from django.conf import settings
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.token import Token

from baogai.permissions import Desk, desks_of
from communities.permissions import Standing

FOLDER: Path = settings.BASE_DIR / "docs" / "manual"
PICTURES: Path = settings.BASE_DIR / "docs" / "screens"
GENERAL, RESIDENT, ADMINISTRATOR = "README", "resident", "administrator"
#: Whose desk leads to which manual.
_OF_DESK: Mapping[Desk, str] = {
    Desk.TOWN: "town",
    Desk.AUDIT: "auditor",
    Desk.VILLAGE: "village",
    Desk.COMMITTEE: "committee",
    Desk.FIRM: "firm",
    Desk.HOME: RESIDENT,
}
_NAME = re.compile(r"[A-Za-z]+")
_NOT_A_WORD = re.compile(r"[^\w]+")
_PICTURE = re.compile(r"\.\./screens/([a-z0-9-]+)\.png")


@dataclass(frozen=True)
class Place:
    """A heading of a manual; without one, its beginning. The clause in the heading's brackets need not be named."""

    manual: str
    heading: str = ""


def _at(heading: str, *manuals: str) -> tuple[Place, ...]:
    return tuple(Place(manual, heading) for manual in manuals)


_DISCLOSING = (*_at("每季度：公共收益公示", "committee", "firm"), *_at("公示情况", "town"), *_at("主要工作", "village"))
_BOOKS = (*_at("记账有误怎么办", "committee"), *_at("每季度：公共收益公示", "firm"), *_at("查账", "auditor"))
_DOING = (
    *_at("其他事项", "committee"),
    *_at("收到督促", "firm"),
    *_at("登记本镇办理的事项", "town"),
    *_at("主要工作", "village"),
)
_ENTERING = (*_at("每季度：公共收益公示", "committee", "firm"), *_at("查账", "auditor"))
_TAKING_BACK = (*_at("收回已公开的凭证", "committee"), *_at("公示情况", "town"), *_at("查账", "auditor"))
_URGING = (*_at("督促", "town"), *_at("主要工作", "village"))
_GROUND = (*_at("人和组织", "town"), *_at("主要工作", "village"), *_at("监事会", "committee"), *_at("查账", "auditor"))
_SEATS = (
    *_at("人和组织", "town"),
    *_at("主要工作", "village"),
    *_at("成员公示栏和公示牌", "committee"),
    *_at("查账", "auditor"),
)
_LAW = _at("政策文件", "town")
_ARRIVING = _at("第一次来：扫入户条", RESIDENT)
_RETURNING = _at("以后再来", RESIDENT)
_PHONE = _at("换手机号", GENERAL, RESIDENT)
_SLIPS = _at("发入户条", "village")
_HOME = (*_SLIPS, *_at("我家", RESIDENT))
_BINDINGS = _at("核对绑定申请", "village")
_INVITING = (*_at("邀请人登录", "town"), *_at("邀请经办人", "firm"), *_at("登录与邀请", "committee"))
_SAFETY = _at("动态口令和登录设备", GENERAL)
_OWN_DATA = _at("我的信息", GENERAL, RESIDENT)
_ASKED_DATA = _at("居民对本人信息的申请", "town", "village")
_EDITIONS = _at("发布稿", "town")
_WISHES = _at("消息发到哪里", RESIDENT, "town", "village", "committee", "firm", "auditor")
_READING = (*_at("看小区的钱", RESIDENT), *_at("公示情况", "town"), *_at("查账", "auditor"))
_SURVEYING = (
    *_at("满意度测评", "town", "village", "committee", "firm", "auditor"),
    *_at("满意度测评投票", RESIDENT),
)
_APPRAISING = (
    *_at("物业考评", "town", "village", "committee", "firm", "auditor"),
    *_at("看物业的考评", RESIDENT),
)
_TICKETS = _at("12345 工单", "town", "village", "committee", "firm", "auditor")
_INSPECTIONS = _at("现场检查", "town", "village", "committee", "firm", "auditor")
_RANKING = (*_at("考评结果：排名、对比、质价对照", RESIDENT, "town", "village", "committee", "firm", "auditor"),)
_DESKS = (
    *_at("每天：看工作台", "town", "village"),
    *_at("每季度：公共收益公示", "committee", "firm"),
    *_at("查账", "auditor"),
    *_at("看小区的钱", RESIDENT),
)

#: Address name, or its beginning, → where its help stands, by manual; the longest beginning counts.
#: Of several places the reader's own manual's is opened, else the first.
HELP: Mapping[str, tuple[Place, ...]] = {
    "public_home": _READING,
    "desk": _DESKS,
    "board": _at("每天：看工作台", "town", "village"),
    "trend": _at("每天：看工作台", "town", "village"),
    "half": _at("半年总览", "town", "village"),
    "calendar": _at("期限日历", GENERAL),
    "jobs": _at("导入导出", GENERAL),
    "export_": _at("导入导出", GENERAL),
    "style": _at("平时", ADMINISTRATOR),
    "health": _at("平时", ADMINISTRATOR),
    "test_inbox": _at("平时", ADMINISTRATOR),
    "help": _at("", GENERAL),
    "login": _at("登录与密码", GENERAL),
    "account_login": _at("登录与密码", GENERAL),
    "account_reauthenticate": _SAFETY,
    "mfa_": _SAFETY,
    "devices": _SAFETY,
    "password": _at("登录与密码", GENERAL),
    "me": _at("登录与密码", GENERAL),
    "privacy": _OWN_DATA,
    "my_": _OWN_DATA,
    "ask_": _OWN_DATA,
    "data_request": _ASKED_DATA,
    "reveal_phone": _at("查看业主号码", "town", "village", "committee", "firm"),
    "phone_export": _at("查看业主号码", "town", "village"),
    "trail": _at("操作记录", "auditor"),
    "doors:": _ARRIVING,
    "doors:code": _RETURNING,
    "doors:link": _RETURNING,
    "doors:first_password": _at("登录与密码", GENERAL),
    "doors:phone": _PHONE,
    "doors:old_phone": _PHONE,
    "doors:new_phone": _PHONE,
    "doors:email": _WISHES,
    "doors:slips": _SLIPS,
    "doors:home": _HOME,
    "doors:revoke_home_slip": _HOME,
    "doors:part": _HOME,
    "doors:hand_link": _at("当面帮住户登录", "village"),
    "doors:requests": _BINDINGS,
    "doors:decision": _BINDINGS,
    "doors:invite": _INVITING,
    "editions:": (*_at("镇里的通报", RESIDENT), *_EDITIONS),
    "edition_": _EDITIONS,
    "new_edition": _EDITIONS,
    "reword_edition": _EDITIONS,
    "submit_edition": _EDITIONS,
    "return_edition": _EDITIONS,
    "drop_edition": _EDITIONS,
    "issue_edition": _EDITIONS,
    "press_edition_again": _EDITIONS,
    "dispatch_edition": _EDITIONS,
    "correct_edition": _EDITIONS,
    "search": _at("查找、筛选和导出", GENERAL),
    "notices:": _at("消息", GENERAL),
    "notices:wishes": _WISHES,
    "notices:undelivered": _at("消息没有送达", "town"),
    "notices:settle_undelivered": _at("消息没有送达", "town"),
    "notices:robot": _at("小区群机器人", "town"),
    "notices:forget_robot": _at("小区群机器人", "town"),
    "communities:": _GROUND,
    "communities:roster": (*_at("主要工作", "village"), *_at("人和组织", "town"), *_at("其他事项", "committee")),
    "committees:": _GROUND,
    "committees:board": _SEATS,
    "committees:card": _SEATS,
    "committees:info_board": _SEATS,
    "committees:portrait": _SEATS,
    "supervision:": _DOING,
    "supervision:urge": _URGING,
    "supervision:pol": _LAW,
    "supervision:enter_policy": _LAW,
    "supervision:confirm_policy": _LAW,
    "supervision:withdraw_policy": _LAW,
    "supervision:pilot": _at("试点登记", "town"),
    "supervision:leave_pilot": _at("试点登记", "town"),
    "supervision:extension": _at("延期", "town"),
    "supervision:enter_extension": _at("延期", "town"),
    "supervision:confirm_extension": _at("延期", "town"),
    "supervision:withdraw_extension": _at("延期", "town"),
    "evaluations:": _SURVEYING,
    "evaluations:vote": _at("满意度测评投票", RESIDENT),
    "evaluations:receipt": _at("回执和重新计票", RESIDENT),
    "evaluations:verifier": _at("回执和重新计票", RESIDENT),
    "evaluations:ballot_list": (*_at("回执和重新计票", RESIDENT), *_at("满意度测评", "auditor")),
    "evaluations:paper": _at("满意度测评", "village", "town"),
    "appraisals:": _APPRAISING,
    "fieldwork:": _TICKETS,
    "fieldwork:ranking": _RANKING,
    "fieldwork:firm_ranking": _RANKING,
    "fieldwork:history": _RANKING,
    "fieldwork:prices": _RANKING,
    "fieldwork:inspect": _INSPECTIONS,
    "fieldwork:begin_inspection": _INSPECTIONS,
    "fieldwork:record_finding": _INSPECTIONS,
    "fieldwork:take_out_finding": _INSPECTIONS,
    "fieldwork:hand_in_inspection": _INSPECTIONS,
    "fieldwork:drop_inspection": _INSPECTIONS,
    "fieldwork:withdraw_finding": _INSPECTIONS,
    "fieldwork:finding": _INSPECTIONS,
    "finance:": _BOOKS,
    "finance:statement": _ENTERING,
    "finance:upload_statement": _ENTERING,
    "finance:confirm_statement": _ENTERING,
    "finance:nil_statement": _ENTERING,
    "finance:enter": _ENTERING,
    "finance:line": _ENTERING,
    "finance:split_line": (*_at("一笔拆成几样入账", "committee"), *_at("查账", "auditor")),
    "finance:take_back": _TAKING_BACK,
    "finance:ask_take_back": _TAKING_BACK,
    "finance:decide_take_back": _TAKING_BACK,
    "finance:disclosure": _READING,
    "finance:check": _at("核对张贴的海报", RESIDENT),
    "finance:late_corrections": _READING,
    "finance:draft": _DISCLOSING,
    "finance:posting": _DISCLOSING,
}


def manuals_of(standing: Standing) -> list[str]:
    """The manuals written for the person, the widest desk's first; a visitor reads the residents'."""
    found = [_OF_DESK[desk] for desk in desks_of(standing)]
    found += [ADMINISTRATOR] if standing.is_administrator else []
    return found or [RESIDENT]


def places_of(name: str) -> tuple[Place, ...]:
    """Where the page's help stands in each manual that has any; empty where nobody has written it."""
    return HELP[max(known, key=len)] if (known := [start for start in HELP if name.startswith(start)]) else ()


def help_url(name: str | None, manuals: Iterable[str]) -> str:
    """The page's own help in the reader's manual, at the right place; the manual's first page for what has none."""
    places = places_of(name or "")
    own = [place for wanted in manuals for place in places if place.manual == wanted]
    place = next(iter([*own, *places]), None)
    if place is None or not (FOLDER / f"{place.manual}.md").exists():
        return reverse("help")
    anchor = manual(place.manual).anchor_of(place.heading)
    return f"{url_of(place.manual)}{f'#{anchor}' if anchor else ''}"


def url_of(name: str) -> str:
    return reverse("help") if name == GENERAL else reverse("help_manual", args=[name])


@dataclass(frozen=True)
class Manual:
    """One manual, rendered: its title, its headings as (anchor, words), its text."""

    name: str
    title: str
    headings: tuple[tuple[str, str], ...]
    html: SafeString

    def anchor_of(self, heading: str) -> str:
        """The anchor of a heading, named with or without its clause; empty where it is not there."""
        whole = (anchor for anchor, words in self.headings if heading in (words, words.partition("（")[0]))
        return next(whole, "")


def exists(name: str) -> bool:
    return _NAME.fullmatch(name) is not None and (FOLDER / f"{name}.md").exists()


@lru_cache(maxsize=32)
def manual(name: str) -> Manual:
    """Read and rendered once; the manual changes with the program only."""
    parser = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = parser.parse((FOLDER / f"{name}.md").read_text(encoding="utf-8"))
    title, headings, kept = name, [], []
    for place, token in enumerate(tokens):
        inside = tokens[place + 1] if token.type == "heading_open" else None
        if inside is not None and token.tag == "h1":
            title = inside.content
        elif inside is not None:
            anchor = _NOT_A_WORD.sub("-", inside.content).strip("-")
            token.attrSet("id", anchor)
            headings.append((anchor, inside.content))
        if token.type == "table_open":
            token.attrSet("class", "plain")
        if token.children:
            token.children = _led_inside(token.children)
        kept.append(token)
    body = parser.renderer.render(_without_title(kept), parser.options, {})
    return Manual(name, title, tuple(headings), mark_safe(body))


def _without_title(tokens: list[Token]) -> list[Token]:
    """The page's own head shows the title already."""
    ends = next((at for at, token in enumerate(tokens) if token.type == "heading_close" and token.tag == "h1"), -1)
    return tokens[ends + 1 :]


def _led_inside(tokens: list[Token]) -> list[Token]:
    """Links between manuals and to pages lead within the portal, pictures come from it; other links are words only."""
    kept, dropped = [], False
    for token in tokens:
        if token.type == "link_open":
            target = _inside(str(token.attrGet("href") or ""))
            dropped = not target
            token.attrSet("href", target)
        if token.type == "image":
            found = _PICTURE.fullmatch(str(token.attrGet("src") or ""))
            token.attrSet("src", reverse("help_picture", args=[found.group(1)]) if found else "")
            token.attrSet("loading", "lazy")
        if dropped and token.type in ("link_open", "link_close"):
            dropped = token.type == "link_open"
            continue
        kept.append(token)
    return kept


def _inside(target: str) -> str:
    """The portal's own address for a manual's link; empty for what the portal does not serve."""
    if target.startswith("/") and not target.startswith("//"):
        return target
    name = target.removesuffix(".md")
    return url_of(name) if exists(name) else ""
