"""What town and village did about overdue disclosures: urged some, let one be, left some proposals undecided."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from baogai.example.days import at
from baogai.example.offices import Offices
from baogai.example.people import People
from baogai.example.plan import Place
from baogai.example.story import Story
from baogai.example.town import PLACES
from communities.models import Compound
from supervision.models import Obligation, Proposal
from supervision.rules import Duty
from supervision.services.urging import decline, urge


@dataclass(frozen=True)
class Decision:
    """One decision about one bearer's overdue quarter, so many days after its due day."""

    quarter: int
    place: str
    bearer: str
    days: int
    by_village: bool = False
    declined_because: str = ""


_C, _F = "committee", "firm"
DECISIONS = (
    Decision(0, "gantou", _F, 4),
    Decision(0, "gantou", _C, 4),
    Decision(0, "yaju", _C, 4),
    Decision(0, "lunhou", _F, 3, by_village=True),
    Decision(1, "yaju", _C, 3),
    Decision(1, "yaju", _F, 3),
    Decision(1, "longxue", _C, 6),
    Decision(1, "gongguan", _F, 5),
    Decision(1, "lunhou", _F, 9, by_village=True),
    Decision(1, "jiayuan", _C, 9),
    Decision(2, "yaju", _C, 2),
    Decision(2, "yaju", _F, 2),
    Decision(2, "qiankeng", _C, 6, by_village=True),
    Decision(2, "shangzhu", _F, 8),
    Decision(2, "jiayuan", _C, 4),
    Decision(2, "gantou", _C, 12, declined_because="业委会正在开立公共收益专户，已约定开户后一并公示"),
)


def tell_supervision(story: Story, compounds: dict[str, Compound], offices: Offices, people: People) -> None:
    places = {place.key: place for place in PLACES}
    for decision in DECISIONS:
        due_on = story.days.due_on(story.days.quarters[decision.quarter])
        act = partial(_decide, decision, places[decision.place], compounds, offices, people, story)
        story.tell(at(due_on + timedelta(days=decision.days), 10, 20), act)


def _decide(
    decision: Decision,
    place: Place,
    compounds: dict[str, Compound],
    offices: Offices,
    people: People,
    story: Story,
    moment: datetime,
) -> None:
    is_firm = decision.bearer == _F
    obligation = Obligation.objects.get(
        duty=Duty.DISCLOSURE,
        period=story.days.quarters[decision.quarter].code,
        compound=compounds[place.key],
        bearer_firm=offices.firms[place.firm] if is_firm else None,
        bearer_body=None if is_firm else offices.committees[place.key],
    )
    by = people[f"cadre:{place.village}"] if decision.by_village else people["town1"]
    if decision.declined_because:
        proposal = Proposal.objects.get(obligation=obligation, act=Proposal.Act.URGE)
        decline(proposal, reason=decision.declined_because, by=by, at=moment)
    else:
        urge(obligation, by=by, at=moment)
