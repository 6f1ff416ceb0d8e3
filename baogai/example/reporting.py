"""The town's circulars on the quarters whose deadline has passed, the first of them brought to all four."""

from datetime import datetime, timedelta
from functools import partial

from baogai.editions import begin_edition, dispatch, issue
from baogai.example.days import at
from baogai.example.people import People
from baogai.example.pictures import receipt
from baogai.example.story import Story
from communities.models import Town
from kernel.days import local_day
from kernel.periods import Period
from notices.models import Edition, EditionDraft
from notices.rules import EditionKind, Recipient
from notices.services.editions import Wording, submit_draft

_WORDING = Wording(
    "宝小区通",
    "宝盖镇小区服务岗",
    "逾期未完成的单位收到本通报后十日内补公示、补张贴。\n各村（社区）逐个小区督促落实，结果报镇小区服务岗。",
)
_PREPARED, _APPROVED = timedelta(days=20), timedelta(days=21)


def tell_editions(story: Story, town: Town, people: People) -> None:
    """Three weeks after each deadline but the very first; of the first the receipts came in within the week."""
    for number, quarter in enumerate(story.days.quarters[1:]):
        due_on = story.days.due_on(quarter)
        story.tell(at(due_on + _PREPARED, 15), partial(_prepare, town, quarter, people))
        story.tell(at(due_on + _APPROVED, 9, 30), partial(_approve, town, quarter, people))
        if number == 0:
            for days, recipient in enumerate(Recipient, 22):
                moment = at(due_on + timedelta(days=days), 16)
                story.tell(moment, partial(_bring, town, quarter, people, recipient))


def _prepare(town: Town, quarter: Period, people: People, moment: datetime) -> None:
    draft = begin_edition(
        town, kind=EditionKind.DISCLOSURES, period=quarter, wording=_WORDING, by=people["town1"], at=moment
    )
    submit_draft(draft, by=people["town1"], at=moment)


def _approve(town: Town, quarter: Period, people: People, moment: datetime) -> None:
    draft = EditionDraft.objects.get(town=town, period=quarter.code)
    issue(draft, by=people["leader"], at=moment)


def _bring(town: Town, quarter: Period, people: People, recipient: Recipient, moment: datetime) -> None:
    edition = Edition.objects.get(town=town, period=quarter.code)
    proof = receipt("签收单", [recipient.label, str(edition), "签收人：张某"], name=f"{recipient.label}.jpg")
    dispatch(edition, recipient=recipient, done_on=local_day(moment), proof=proof, by=people["town1"], at=moment)
