"""The half-year's appraisals: scored by one, reviewed by another, answered where a firm objected, made final."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from random import Random

from baogai.example.days import at
from baogai.example.names import lots
from baogai.example.people import People
from baogai.example.story import Story
from communities.models import Compound, Town
from evaluations.appraisal_rules import Source, Stage
from evaluations.appraisal_scoring import Line
from evaluations.models import Appraisal, AppraisalReply, Mark
from evaluations.services.appraisals.finishing import make_final
from evaluations.services.appraisals.opening import open_round
from evaluations.services.appraisals.replying import answer, reply
from evaluations.services.appraisals.reviewing import tell_firm
from evaluations.services.appraisals.scoring import Points, adjust, score_items, submit
from evaluations.services.appraisals.sheets import marks_of, sheet_of
from kernel.periods import Cadence, Period

#: Days before the half-year's end; the one that was contested became final after it.
_OPENED, _SCORED, _TOLD, _REPLIED, _FINAL, _CONTESTED = 22, 21, 19, 16, 8, -4
#: Who is scored hard, who well, where the firm objects, and where it gets a bonus.
CARELESS, _DILIGENT = frozenset({"yaju", "lunhou"}), frozenset({"garden", "guoji", "shijia", "huafu"})
_OBJECTS, _PRAISED = "yaju", "guoji"
_OBJECTION = "所列问题已于次日整改完毕，有照片为证，请予复核。"
_ANSWER = "现场复核，整改属实；扣分时问题存在，维持原分，下一期不再重复扣分。"
#: What a person gives: what is judged by papers, and on site where nobody inspected.
_BY_HAND = frozenset({Source.HAND, Source.INSPECTION})
_FAULTS = {
    "秩序和停车": "晚间消防通道停有车辆 3 辆",
    "飞线充电、楼道堆物": "2 号楼、5 号楼楼道堆物未清",
    "保洁": "地下室、天台有积存垃圾",
    "垃圾分类": "投放点桶身污损，没有督导记录",
    "绿化养护": "中心绿地有裸露",
}
_FINE = "现场查看、查阅台账，符合要求"
_FAULT = "台账资料不全，现场没有提供"


def tell_appraisals(story: Story, town: Town, compounds: dict[str, Compound], people: People) -> None:
    appraiser = _Appraiser(town, {compound.pk: key for key, compound in compounds.items()}, people)
    for half in story.days.whole(Cadence.HALF):
        for before, hour, act in (
            (_OPENED, 9, appraiser.open),
            (_SCORED, 16, appraiser.score),
            (_TOLD, 10, appraiser.tell),
            (_REPLIED, 15, appraiser.object),
            (_FINAL, 11, appraiser.finish),
            (_CONTESTED, 11, appraiser.finish_contested),
        ):
            story.tell(at(half.last - timedelta(days=before), hour), partial(act, half))


@dataclass(frozen=True)
class _Appraiser:
    """The office; `places` are the keys of the plan by compound."""

    town: Town
    places: dict[int, str]
    people: People

    def _of(self, half: Period, stage: Stage) -> list[tuple[str, Appraisal]]:
        found = Appraisal.objects.of(self.town.pk, half).filter(stage=stage).for_display().order_by("pk")
        return [(self.places[one.compound_id], one) for one in found]

    def open(self, half: Period, moment: datetime) -> None:
        open_round(self.town, half, by=self.people["town1"], at=moment)

    def score(self, half: Period, moment: datetime) -> None:
        by = self.people["town1"]
        for place, appraisal in self._of(half, Stage.SCORING):
            random = lots(f"appraisal{half}{place}")
            lines = sheet_of(appraisal, marks_of(appraisal)).lines
            open_lines = [line for line in lines if line.got is None and line.item.source in _BY_HAND]
            score_items(appraisal, [_points(line, place, random) for line in open_lines], by=by, at=moment)
            if place == _PRAISED:
                adjust(appraisal, points=Decimal(2), reason="迎检准备充分，获市级通报表扬", by=by, at=moment)
            submit(appraisal, by=by, at=moment)

    def tell(self, half: Period, moment: datetime) -> None:
        for _, appraisal in self._of(half, Stage.REVIEWING):
            tell_firm(appraisal, by=self.people["town2"], at=moment)

    def object(self, half: Period, moment: datetime) -> None:
        """One firm says that what was found has been mended."""
        for place, appraisal in self._of(half, Stage.TOLD):
            fault = Mark.objects.filter(appraisal=appraisal).exclude(reason=_FINE).order_by("pk").first()
            if place == _OBJECTS and fault is not None:
                reply(appraisal, code=fault.code, text=_OBJECTION, by=self.people["manager:lvyuan"], at=moment)

    def finish(self, half: Period, moment: datetime) -> None:
        for place, appraisal in self._of(half, Stage.TOLD):
            if place != _OBJECTS:
                make_final(appraisal, by=self.people["leader"], at=moment)

    def finish_contested(self, half: Period, moment: datetime) -> None:
        for _, appraisal in self._of(half, Stage.TOLD):
            for objection in AppraisalReply.objects.filter(appraisal=appraisal):
                answer(objection, points=None, reason=_ANSWER, by=self.people["town1"], at=moment)
            make_final(appraisal, by=self.people["leader"], at=moment)


def _points(line: Line, place: str, random: Random) -> Points:
    """All of an item, or less for a fault: the careless have one in most items, the diligent hardly any."""
    item = line.item
    chance = 70 if place in CARELESS else 5 if place in _DILIGENT else 35
    if random.randrange(100) >= chance:
        return Points(item.code, item.points, _FINE)
    lost = item.points * random.choice((1, 1, 2)) / 4 if place not in CARELESS else item.points * 3 / 4
    return Points(item.code, item.points - lost, _FAULTS.get(item.label, _FAULT))
