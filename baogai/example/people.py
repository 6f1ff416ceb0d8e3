"""The people of the example: who holds which post, and the few who can sign in."""

from dataclasses import dataclass, field
from datetime import date
from random import Random

from django.contrib.auth.hashers import make_password

from accounts.models import User
from baogai.annex import plan as annex
from baogai.annex.ground import Ground, fill_posts
from baogai.example.names import lots, marked, person_name, phone
from communities.models import Body, Post
from communities.rules import BodyKind, Role
from communities.services import appoint

#: One password for all example people. It is public; an installation with example data refuses to be production.
PASSWORD = "shili-baogai-87"  # noqa: S105 - printed for everybody who tries the portal
BASIS = "示例"


@dataclass(frozen=True)
class Login:
    """A person who can sign in: user name, name without its mark, and what to print beside it."""

    username: str
    name: str
    role: str


LOGINS = (
    Login("town1", "林小琴", "镇小区服务岗工作人员"),
    Login("town2", "许丽明", "镇小区服务岗副主任（复核、确认）"),
    Login("leader", "陈建安", "镇领导（组长）"),
    Login("village", "黄明辉", "村（社区）干部（宝源社区）"),
    Login("chair", "黄明", "业委会主任（示例花园）"),
    Login("treasurer", "郑强秀", "业委会财务委员（示例花园）"),
    Login("member", "吴敏", "业委会委员（示例花园）"),
    Login("supervisor", "王兰雅", "业主监事会主任（示例花园）"),
    Login("manager", "王建国", "物业负责人（示例安居）"),
    Login("clerk", "李雅婷", "物业经办人（示例安居）"),
    Login("resident1", "施雅", "业主（示例花园）"),
    Login("resident2", "洪思远", "业主（示例宝源豪庭）"),
    Login("auditor", "何审平", "审计人员（只看不办）"),
    Login("admin", "管理员", "系统管理员（数据管理：基础数据）"),
    Login("keeper", "权限员", "权限管理员（数据管理：账号、动态口令）"),
)

#: Whose place in the annex a person with a login takes.
_IN_PLACE_OF = {
    "柳建波": "leader",
    annex.OFFICE_DEPUTY: "town2",
    annex.OFFICE_MEMBERS[0]: "town1",
    "郑丽凤": "village",
}


@dataclass
class People:
    """Everybody by a key: user names of logins, else post and place, such as `chair:haoting`."""

    random: Random
    users: dict[str, User] = field(default_factory=dict)
    _hash: str = field(default_factory=lambda: make_password(PASSWORD))

    def __getitem__(self, key: str) -> User:
        return self.users[key]

    def add_logins(self) -> None:
        for login in LOGINS:
            # The permission administrator came later; everybody else keeps the number drawn for them.
            draw = lots("keeper") if login.username == "keeper" else self.random
            self.users[login.username] = User.objects.create(
                username=login.username,
                name=marked(login.name),
                phone=phone(draw),
                password=self._hash,
                is_example=True,
                is_staff=login.username in ("admin", "keeper"),
                is_superuser=login.username == "keeper",
            )

    def add(self, key: str, name: str = "", *, number: str = "") -> User:
        """A person without password under the key, or the one already there."""
        if key not in self.users:
            self.users[key] = User.objects.create(
                username=f"x{len(self.users):03}",
                name=marked(name or person_name(self.random)),
                phone=number or phone(self.random),
                password=make_password(None),
                is_example=True,
            )
        return self.users[key]

    def called(self, key: str, *others: str) -> User:
        """The first of the keys that somebody bears."""
        return next(self.users[one] for one in (key, *others) if one in self.users)


def fill_town(ground: Ground, people: People) -> None:
    """Example people in every post of the annex, and the auditors."""
    fill_posts(ground, person_named=lambda name: people.add(_IN_PLACE_OF.get(name, f"town:{name}")), basis=BASIS)
    for village in annex.VILLAGES:
        people.users[f"cadre:{village.name}"] = people.add(_IN_PLACE_OF.get(village.head, f"town:{village.head}"))
    auditors = Body.objects.create(
        kind=BodyKind.AUDIT, name="示例会计师事务所", town=ground.town, from_on=annex.IN_FORCE_FROM
    )
    post = Post.objects.create(body=auditors, title="审计员", role=Role.AUDITOR)
    take_post(post, people["auditor"], from_on=annex.IN_FORCE_FROM)


def take_post(post: Post, user: User, *, from_on: date) -> None:
    appoint(post, user=user, from_on=from_on, basis=BASIS, by=None)
