"""The town's circulars: on the quarters whose deadline has passed, and on the half-year's results."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial

from baogai.editions import begin_edition, dispatch, issue
from baogai.example.days import at
from baogai.example.people import People
from baogai.example.pictures import receipt
from baogai.example.story import Story
from communities.models import Town
from kernel.days import local_day
from kernel.periods import Cadence, Period
from notices.models import Edition, EditionDraft
from notices.rules import EditionKind, Recipient
from notices.services.editions import Wording, submit_draft

_SERIES, _ISSUER = "宝小区通", "宝盖镇小区服务岗"
_WORDINGS = {
    EditionKind.DISCLOSURES: Wording(
        _SERIES,
        _ISSUER,
        "逾期未完成的单位收到本通报后十日内补公示、补张贴。\n各村（社区）逐个小区督促落实，结果报镇小区服务岗。",
    ),
    EditionKind.RESULTS: Wording(
        _SERIES,
        _ISSUER,
        "满意率低于50%的业委会、不满意率超过50%的物业服务企业，由镇小区服务岗会同村（社区）约谈、指导整改。\n"
        "样本不足的小区，下一期由村（社区）上门动员，提高参与率。",
    ),
}
#: Days after the deadline of a quarter's disclosures, and after the end of a half-year.
_AFTER_DEADLINE, _AFTER_HALF = 20, 12


def tell_editions(story: Story, town: Town, people: People) -> None:
    """Three weeks after each deadline but the very first, two after the half-year's end.

    Of the first quarter's and of the results the receipts came in within the week.
    """
    teller = _Teller(story, town, people)
    for number, quarter in enumerate(story.days.quarters[1:]):
        first_on = story.days.due_on(quarter) + timedelta(days=_AFTER_DEADLINE)
        teller.tell(EditionKind.DISCLOSURES, quarter, first_on, is_brought=number == 0)
    for half in story.days.whole(Cadence.HALF):
        teller.tell(EditionKind.RESULTS, half, half.last + timedelta(days=_AFTER_HALF), is_brought=True)


@dataclass(frozen=True)
class _Teller:
    story: Story
    town: Town
    people: People

    def tell(self, kind: EditionKind, period: Period, first_on: date, *, is_brought: bool) -> None:
        """Prepared on the first day and approved on the next; then it reached one recipient a day."""
        self.story.tell(at(first_on, 15), partial(self._prepare, kind, period))
        self.story.tell(at(first_on + timedelta(days=1), 9, 30), partial(self._approve, kind, period))
        if is_brought:
            for days, recipient in enumerate(Recipient, 2):
                self.story.tell(at(first_on + timedelta(days=days), 16), partial(self._bring, kind, period, recipient))

    def _prepare(self, kind: EditionKind, period: Period, moment: datetime) -> None:
        by = self.people["town1"]
        draft = begin_edition(self.town, kind=kind, period=period, wording=_WORDINGS[kind], by=by, at=moment)
        submit_draft(draft, by=by, at=moment)

    def _approve(self, kind: EditionKind, period: Period, moment: datetime) -> None:
        draft = EditionDraft.objects.get(town=self.town, kind=kind, period=period.code)
        issue(draft, by=self.people["leader"], at=moment)

    def _bring(self, kind: EditionKind, period: Period, recipient: Recipient, moment: datetime) -> None:
        edition = Edition.objects.get(town=self.town, kind=kind, period=period.code)
        proof = receipt("签收单", [recipient.label, str(edition), "签收人：张某"], name=f"{recipient.label}.jpg")
        by = self.people["town1"]
        dispatch(edition, recipient=recipient, done_on=local_day(moment), proof=proof, by=by, at=moment)
