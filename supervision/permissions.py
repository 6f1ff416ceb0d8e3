"""Who may do what about obligations and policies. Role names appear here and nowhere else in this app."""

from datetime import date

from django.db.models import Q, QuerySet

from accounts.models import User
from communities.models import Appointment, Post
from communities.permissions import BOOKKEEPERS, Standing
from communities.querysets import in_office
from communities.rules import Role
from supervision.models import Obligation

#: Holders of these posts do a firm's or a committee's duties, and are told of them.
BEARERS_PEOPLE = tuple(sorted(BOOKKEEPERS))
#: Holders of these posts do the duties of the town's bodies (方案四（一）1: 领导小组下设办公室).
TOWN_BODIES_PEOPLE = (Role.TOWN_OFFICER,)


def people_of_bearer(obligation: Obligation, on: date, roles: frozenset[Role] = BOOKKEEPERS) -> QuerySet[User]:
    """Who acts for the bearer on a day by one of the posts, or did on the period's last day."""
    current = _held(on) & (Q(post__firm__isnull=False) | in_office(on, prefix="post__body__"))
    suspended = Q(suspended_from_on__lte=on) & (Q(suspended_until_on__isnull=True) | Q(suspended_until_on__gte=on))
    posts = Post.objects.filter(role__in=roles, body=obligation.bearer_body_id, firm=obligation.bearer_firm_id).filter(
        Q(compound__isnull=True) | Q(compound=obligation.compound_id)
    )
    held = Appointment.objects.filter(current | _held(obligation.period_last_on), post__in=posts).exclude(suspended)
    return User.objects.filter(is_active=True, appointments__in=held).distinct()


def _held(day: date) -> Q:
    return Q(from_on__lte=day) & (Q(until_on__isnull=True) | Q(until_on__gte=day))


# -- Urging ------------------------------------------------------------------------------------------------------------


def may_urge(standing: Standing, obligation: Obligation) -> bool:
    """Urge a firm or a compound's body: the town's officers and leaders, the village's cadres (clause 4.3.1).

    The town's own bodies are not urged through the portal; the sweep tells them, and everybody sees their lateness.
    """
    compound = obligation.compound
    if compound is None or (obligation.bearer_body is not None and obligation.bearer_body.compound_id is None):
        return False
    return standing.supervises(compound)


def urges_as(standing: Standing, obligation: Obligation) -> str:
    """The post by which the person urges, as it is recorded: 小区服务岗 办公室成员."""
    compound = obligation.compound
    for holding in standing.current:
        of_town = holding.role in (Role.TOWN_OFFICER, Role.TOWN_LEADER) and holding.town_id == obligation.town_id
        of_village = holding.role is Role.VILLAGE_CADRE and compound and holding.village_id == compound.village_id
        if of_town or of_village:
            return f"{holding.place} {holding.title}"
    return ""


def oversees_anything(standing: Standing) -> bool:
    """Whether urging is the person's business at all; which obligation is asked by `may_urge`."""
    return standing.holds(Role.TOWN_OFFICER, Role.TOWN_LEADER, Role.VILLAGE_CADRE)


# -- Performance -------------------------------------------------------------------------------------------------------


def may_record_performance(standing: Standing, obligation: Obligation) -> bool:
    """Record that a duty was performed: the bearer's people, also by the post they held on the period's last day.

    For the town's own bodies its officers (clause 4.1.1: the office does the leading group's business).
    """
    body = obligation.bearer_body
    if body is not None and body.compound_id is None:
        return standing.officer_of(obligation.town_id)
    holding = standing.bears(
        body_id=obligation.bearer_body_id,
        firm_id=obligation.bearer_firm_id,
        compound_id=obligation.compound_id,
        on=obligation.period_last_on,
        roles=BOOKKEEPERS,
    )
    return holding is not None
