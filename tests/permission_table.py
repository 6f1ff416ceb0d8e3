"""Every address asked by every kind of person about a thing of the own compound: what docs/permissions.md must say."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.test import Client

from accounts.models import User
from tests.cast import World
from tests.routes import Estate, all_routes

TABLE: Path = settings.BASE_DIR / "docs" / "permissions.md"

#: Column heads of the table and who of the cast asks; 外人 is the chair of the neighbouring compound.
ROLES: dict[str, str] = {
    "公众": "",
    "镇小区岗": "officer",
    "镇领导": "leader",
    "审计": "auditor",
    "村干部": "cadre",
    "业委会主任": "chair",
    "业委会委员": "member",
    "监事": "supervisor",
    "物业负责人": "manager",
    "业主": "owner",
    "外人": "other_chair",
    "管理员": "administrator",
}
#: What an answer is called in the table; another status stands there with a question mark, and is wrong.
_WORDS = {200: "可", 301: "可", 302: "可", 403: "403", 404: "404", 405: "提交"}


@dataclass(frozen=True)
class Answer:
    """What opening an address gave to one role: the word for it in the table, and the page, where it was one."""

    route: str
    role: str
    word: str
    page: bytes | None


def observe(world: World, estate: Estate) -> list[Answer]:
    """Every address opened once by each role, in the order of ROLES."""
    administrator = User.objects.create_superuser("administrator", name="管理员")
    answers: list[Answer] = []
    for role, key in ROLES.items():
        client = Client()
        if key:
            client.force_login(administrator if key == "administrator" else world.people[key])
        for route in all_routes():
            answer = client.get(route.url(estate.ours))
            is_page = answer.headers.get("Content-Type", "").startswith("text/html")
            answers.append(Answer(route.name, role, _word(answer), answer.content if is_page else None))
    return answers


def words_by_route(answers: list[Answer]) -> dict[str, list[str]]:
    """Route → what it answers to each role, in the order of ROLES; 提交 where it only takes what is sent."""
    found: dict[str, list[str]] = {}
    for answer in answers:
        found.setdefault(answer.route, []).append(answer.word)
    return found


def _word(answer: Any) -> str:
    if answer.status_code == 302 and answer["Location"].startswith("/login/?next="):
        return "登录"
    return _WORDS.get(answer.status_code, f"?{answer.status_code}")


def _rows() -> list[list[str]]:
    """Table rows that begin with the name of an address in backquotes, cut into cells."""
    lines = [line for line in TABLE.read_text().splitlines() if line.startswith("| `")]
    return [[cell.strip() for cell in line.strip().strip("|").split("|")] for line in lines]


def documented() -> dict[str, list[str]]:
    """What the document says of each page, in the order of ROLES."""
    return {row[0].strip("`"): row[2:] for row in _rows() if len(row) == 2 + len(ROLES)}


def only_submitted() -> set[str]:
    """The addresses the document lists as taking only what is sent."""
    return {row[0].strip("`") for row in _rows() if len(row) == 3}
