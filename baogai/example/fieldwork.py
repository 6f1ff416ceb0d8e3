"""What the half-year's appraisals rest on: the hotline's table, and a visit to every compound, before scoring starts.

What was found and how tickets were handled is drawn by lot; no caller appears anywhere.
"""

import csv
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import partial
from io import StringIO

from django.core.files.uploadedfile import SimpleUploadedFile

from baogai.example.appraising import CARELESS
from baogai.example.days import at
from baogai.example.names import lots
from baogai.example.people import People
from baogai.example.pictures import posted_paper
from baogai.example.plan import Place
from baogai.example.story import Story
from baogai.example.town import PLACES
from communities.models import Compound, ServiceContract, Town
from evaluations.hotline_rules import COLUMNS
from evaluations.models import TicketImport
from evaluations.services import hotline
from evaluations.services.fieldwork import inspectable
from evaluations.services.inspecting import begin_inspection, hand_in, record_finding
from kernel.days import local_day
from kernel.periods import Cadence, Period

#: Days before the half-year ends: the visits begin, the hotline's table comes in. Scoring starts 22 days before.
_VISITED, _TOLD = timedelta(days=47), timedelta(days=36)
_CATEGORIES = ("环境卫生", "停车秩序", "公共设施", "噪声扰民", "物业收费")
_SEEN = ("3号楼楼道堆放纸箱", "垃圾分类亭满溢", "绿化带有枯死苗木", "电动车占用消防通道", "单元门口贴有小广告")


def tell_fieldwork(story: Story, town: Town, compounds: dict[str, Compound], people: People) -> None:
    teller = _Teller(town, compounds, people)
    served = [place for place in PLACES if place.firm]
    for half in story.days.whole(Cadence.HALF):
        for number, place in enumerate(served):
            story.tell(at(half.last - _VISITED + timedelta(days=number % 9), 10), partial(teller.inspect, half, place))
        story.tell(at(half.last - _TOLD, 9), partial(teller.take_in, half, served))


@dataclass
class _Teller:
    town: Town
    compounds: dict[str, Compound]
    people: People

    def inspect(self, half: Period, place: Place, moment: datetime) -> None:
        """A visit by the office; nobody visits where no firm serves on the day."""
        compound, by, on = self.compounds[place.key], self.people["town1"], local_day(moment)
        if not ServiceContract.objects.in_office(on).filter(compound=compound).exists():
            return
        random = lots(f"检查{half}{place.key}")
        draft = begin_inspection(compound, by=by, at=moment)
        items = inspectable(draft.method)
        is_careless = place.key in CARELESS
        for item in items if is_careless else random.sample(items, random.choice((0, 1, 2, 2))):
            words = random.choice(_SEEN)
            photo = posted_paper("现场照片", place.name, [item.label, words], wall=0, name=f"{item.label}.jpg")
            points = item.points * 3 / 4 if is_careless else Decimal(random.choice((1, 2, 3))) / 2
            record_finding(draft, code=item.code, points=points, words=words, photos=[photo], by=by, at=moment)
        hand_in(draft, visited_on=on, checked=[item.code for item in items], by=by, at=moment)

    def take_in(self, half: Period, served: list[Place], moment: datetime) -> None:
        """The hotline's table of the half-year so far, imported as the office does it."""
        body = StringIO()
        writer = csv.writer(body)
        writer.writerow([column.label for column in COLUMNS])
        for place in served:
            writer.writerows(_tickets(half, place, until=local_day(moment)))
        upload = SimpleUploadedFile(f"12345工单{half.code}.csv", body.getvalue().encode("utf-8-sig"))
        job = hotline.start_import(self.town, upload=upload, by=self.people["town1"], at=moment)
        hotline.request_preview(job, columns=job.columns)
        hotline.preview(job.pk, at=moment)
        job.refresh_from_db()
        hotline.confirm(job, mode=TicketImport.Mode.GOOD_ROWS, by=self.people["town1"], at=moment)


def _tickets(half: Period, place: Place, *, until: date) -> list[list[str]]:
    random = lots(f"工单{half}{place.key}")
    rows = []
    for number in range(random.choice((0, 2, 3, 4))):
        received = half.first + timedelta(days=random.randrange((until - half.first).days - 20))
        closed = received + timedelta(days=random.choice((1, 2, 4, 5, 9)))
        rows.append(
            [
                f"SS{received:%Y%m%d}{place.key.upper()}{number}",
                f"{received.isoformat()} {9 + number}:30",
                place.name,
                random.choice(_CATEGORIES),
                "物业企业",
                (received + timedelta(days=7)).isoformat(),
                closed.isoformat(),
                random.choice(("满意", "满意", "不满意", "未回访")),
                random.choice(("否", "否", "是")),
                random.choice(("属实", "属实", "不属实")),
            ]
        )
    return rows
