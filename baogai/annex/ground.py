"""Entering the town of the annex: places, bodies and posts, and on request the holders it names."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from django.db import transaction

from accounts.models import User
from baogai.annex import plan
from communities.models import Appointment, Body, City, Post, Town, Village
from communities.rules import BodyKind, Role
from communities.services import appoint
from kernel.errors import ConflictError


@dataclass(frozen=True)
class Ground:
    """The town with its villages by name, its bodies by kind, and each village's office by the village's name."""

    town: Town
    villages: dict[str, Village]
    bodies: dict[BodyKind, Body]
    offices: dict[str, Body]


@transaction.atomic
def lay_ground(*, from_on: date = plan.IN_FORCE_FROM) -> Ground:
    """Enter city, town, the twelve villages, the bodies and their posts; what is there stays as it is."""
    code, name = plan.CITY
    city, _ = City.objects.get_or_create(code=code, defaults={"name": name})
    code, name = plan.TOWN
    town, _ = Town.objects.get_or_create(code=code, defaults={"name": name, "city": city})
    villages = {
        village.name: Village.objects.get_or_create(
            town=town, name=village.name, defaults={"duty_area": village.duty_area}
        )[0]
        for village in plan.VILLAGES
    }
    bodies = {
        kind: Body.objects.get_or_create(
            town=town, kind=kind, ended_on=None, defaults={"name": name, "from_on": from_on}
        )[0]
        for kind, name in plan.BODIES.items()
    }
    offices = {
        village.name: Body.objects.get_or_create(
            town=town,
            kind=BodyKind.VILLAGE_OFFICE,
            village=villages[village.name],
            ended_on=None,
            defaults={"name": village.office, "from_on": from_on},
        )[0]
        for village in plan.VILLAGES
    }
    for order, post in enumerate(plan.POSTS):
        _post(bodies[post.body], post.title, post.role, is_single=post.is_single, order=order)
    for village in plan.VILLAGES:
        _post(offices[village.name], village.head_title, Role.VILLAGE_CADRE, is_single=True, order=0)
    return Ground(town, villages, bodies, offices)


@transaction.atomic
def fill_posts(ground: Ground, *, person_named: Callable[[str], User], basis: str = "") -> int:
    """Appoint, from the day the plan came into force, whom `person_named` gives for each name of the annex.

    A post that already has a history is left alone. `basis` replaces the annex's own; returns how many were new.
    """
    made = 0
    for named in plan.POSTS:
        post = Post.objects.get(body=ground.bodies[named.body], title=named.title)
        made += _fill(post, [person_named(name) for name in named.holders], basis=basis or named.basis)
    for village in plan.VILLAGES:
        post = Post.objects.get(body=ground.offices[village.name], title=village.head_title)
        made += _fill(post, [person_named(village.head)], basis=basis or plan.BASIS)
    return made


def _post(body: Body, title: str, role: Role, *, is_single: bool, order: int) -> Post:
    post, _ = Post.objects.get_or_create(
        body=body,
        firm=None,
        compound=None,
        title=title,
        defaults={"role": role, "is_single": is_single, "order": order},
    )
    return post


def _fill(post: Post, people: list[User], *, basis: str) -> int:
    if post.appointments.exists():
        return 0
    for person in people:
        appoint(post, user=person, from_on=plan.IN_FORCE_FROM, basis=basis, by=None)
    return len(people)


def person_of_annex(name: str) -> User:
    """Whoever the annex already appointed by that name, else a new user, who cannot sign in until invited.

    Raises ConflictError where somebody else already uses the name as user name.
    """
    known = Appointment.objects.filter(user__name=name, basis__startswith=plan.NUMBER).select_related("user").first()
    if known is not None:
        return known.user
    if User.objects.filter(username=name).exists():
        raise ConflictError(f"用户名“{name}”已有人使用，无法登记附件所列的同名人员；请先改该用户的用户名。")
    return User.objects.create_user(name, name=name, is_active=False)
