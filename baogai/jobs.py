"""导入导出: every long job of every app as one list.

An app's jobs stay the app's own rows; a `Source` says how they are listed. A new kind of job is one more of them.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Case, CharField, F, Q, QuerySet, Value, When
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from communities.models import RosterImport
from communities.permissions import Standing, roster_imports_of, still_reaches
from evaluations.fieldwork_permissions import ticket_imports_of
from evaluations.models import TicketImport
from files.exporting import is_over
from files.models import Export
from finance.models import LedgerAccount, StatementUpload
from notices.models import EditionPress

STAGES = {"working": "处理中", "waiting": "等您确认", "done": "已完成", "failed": "未完成"}
_CHIPS = {"working": "soon", "waiting": "soon", "done": "done", "failed": "late"}
_SYMBOLS = {"working": "arrow-repeat", "waiting": "hand-index", "done": "check-circle", "failed": "exclamation-circle"}


@dataclass(frozen=True)
class Link:
    label: str
    url: str


@dataclass(frozen=True)
class Job:
    """One line: what, who, when, how far, and what there is to open or take away."""

    kind: str
    title: str
    who: str
    at: datetime
    stage: str
    words: str
    url: str
    done: int = 0
    total: int = 0
    finished_at: datetime | None = None
    result: Link | None = None
    faults: Link | None = None
    problem: str = ""
    unit: str = "行"

    @property
    def chip(self) -> dict[str, str]:
        return {"state": _CHIPS[self.stage], "words": self.words, "symbol": _SYMBOLS[self.stage]}


@dataclass(frozen=True)
class Source:
    """One kind of job: `reach` gives the person's rows with `job_at` and `job_stage`, `lines` the chosen in full."""

    key: str
    label: str
    reach: Callable[[Standing, User], QuerySet[Any]]
    lines: Callable[[Sequence[int], Standing], Iterable[tuple[int, Job]]]


def _stage(field: str, **stages: Iterable[str]) -> Case:
    """The stage of a row by its own state; what is not named has failed."""
    whens = [When(**{f"{field}__in": list(states)}, then=Value(stage)) for stage, states in stages.items()]
    return Case(*whens, default=Value("failed"), output_field=CharField())


# -- The roster's imports ----------------------------------------------------------------------------------------------

_Roster = RosterImport.State


def _roster_reach(standing: Standing, user: User) -> QuerySet[Any]:  # noqa: ARG001 - every source is asked alike
    return roster_imports_of(standing).annotate(job_at=F("created_at"), job_stage=_roster_stage())


def _roster_lines(ids: Sequence[int], standing: Standing) -> Iterable[tuple[int, Job]]:  # noqa: ARG001 - see above
    found = RosterImport.objects.filter(pk__in=ids).annotate(job_stage=_roster_stage())
    for one in found.select_related("compound", "file", "created_by"):
        address = [one.compound.public_id, one.public_id]
        has_faults = one.rows_bad and one.state in (_Roster.PREVIEWED, _Roster.DONE, _Roster.REFUSED)
        yield (
            one.pk,
            Job(
                kind="名册导入",
                title=f"{one.compound.name}：{one.file.name}",
                who=one.created_by.name,
                at=one.created_at,
                stage=one.job_stage,
                words=one.get_state_display(),
                url=reverse("communities:roster_import", args=address),
                done=one.rows_done,
                total=one.rows_total,
                finished_at=one.finished_at,
                faults=Link(f"{one.rows_bad} 行有错", reverse("communities:roster_faults", args=address))
                if has_faults
                else None,
                problem=one.problem,
            ),
        )


def _roster_stage() -> Case:
    return _stage(
        "state",
        working=(_Roster.PREVIEWING, _Roster.APPLYING),
        waiting=(_Roster.UPLOADED, _Roster.PREVIEWED),
        done=(_Roster.DONE,),
    )


# -- Bank statements ---------------------------------------------------------------------------------------------------


def _statement_reach(standing: Standing, user: User) -> QuerySet[Any]:
    own = StatementUpload.objects.filter(uploaded_by=user, account__in=LedgerAccount.objects.visible_to(standing))
    return own.annotate(job_at=F("uploaded_at"), job_stage=_statement_stage())


def _statement_stage() -> Case:
    return Case(When(statement__isnull=True, then=Value("waiting")), default=Value("done"), output_field=CharField())


def _statement_lines(ids: Sequence[int], standing: Standing) -> Iterable[tuple[int, Job]]:  # noqa: ARG001 - see above
    found = StatementUpload.objects.filter(pk__in=ids).annotate(job_stage=_statement_stage())
    for one in found.select_related("account__compound", "file", "uploaded_by", "statement"):
        statement = one.statement
        address = ("statement", statement.public_id) if statement else ("statement_upload", one.public_id)
        yield (
            one.pk,
            Job(
                kind="对账单导入",
                title=f"{one.account.compound.name}：{one.file.name}",
                who=one.uploaded_by.name,
                at=one.uploaded_at,
                stage=one.job_stage,
                words="已导入" if statement else "待核对",
                url=reverse(f"finance:{address[0]}", args=[address[1]]),
            ),
        )


# -- Exports -----------------------------------------------------------------------------------------------------------

_Made = Export.State


def _export_reach(standing: Standing, user: User) -> QuerySet[Any]:  # noqa: ARG001 - see above
    return Export.objects.filter(requested_by=user).annotate(job_at=F("requested_at"), job_stage=_export_stage())


def _export_stage() -> Case:
    return _stage("state", working=(_Made.WAITING,), done=(_Made.DONE,))


def may_take(export: Export, standing: Standing) -> bool:
    """Take the file away: who asked for it, while they still reach every row, and for a week."""
    return (
        export.requested_by_id == standing.user_id
        and export.state == _Made.DONE
        and not is_over(export, at=timezone.now())
        and still_reaches(standing, export.reach)
    )


def job_of(export: Export, standing: Standing) -> Job:
    file = reverse("export_file", args=[export.public_id])
    may = may_take(export, standing)
    lost = export.state == _Made.DONE and not may
    return Job(
        kind="导出",
        title=export.title,
        who=export.requested_by.name,
        at=export.requested_at,
        stage="failed" if lost else {"waiting": "working", "done": "done"}.get(export.state, "failed"),
        words="不能再下载" if lost else export.get_state_display(),
        url=reverse("export_job", args=[export.public_id]),
        done=export.rows_total if export.state == _Made.DONE else export.rows_done,
        total=export.rows_total,
        finished_at=export.finished_at,
        result=Link("下载", file) if may else None,
        problem="已过保留期，或您的权限范围有变动。" if lost else export.problem,
    )


def _export_lines(ids: Sequence[int], standing: Standing) -> Iterable[tuple[int, Job]]:
    for one in Export.objects.filter(pk__in=ids).select_related("requested_by"):
        yield one.pk, job_of(one, standing)


# -- The papers of editions --------------------------------------------------------------------------------------------

_Press = EditionPress.State


def _press_reach(standing: Standing, user: User) -> QuerySet[Any]:  # noqa: ARG001 - see above
    presses = EditionPress.objects.filter(edition__town_id__in=standing.town_ids)
    return presses.annotate(job_at=F("pressed_at"), job_stage=_press_stage())


def _press_stage() -> Case:
    return _stage("state", working=(_Press.WAITING,), done=(_Press.DONE,))


def _press_lines(ids: Sequence[int], standing: Standing) -> Iterable[tuple[int, Job]]:  # noqa: ARG001 - see above
    found = EditionPress.objects.filter(pk__in=ids).annotate(job_stage=_press_stage())
    for one in found.select_related("edition", "pressed_by"):
        yield (
            one.pk,
            Job(
                kind="发布稿",
                title=str(one.edition),
                who=one.pressed_by.name,
                at=one.pressed_at,
                stage=one.job_stage,
                words=one.get_state_display(),
                url=reverse("edition_press", args=[one.edition.public_id]),
                done=one.done,
                total=one.total,
                finished_at=one.finished_at,
                problem=one.problem,
                unit="份",
            ),
        )


# -- Tickets of the hotline --------------------------------------------------------------------------------------------

_Ticket = TicketImport.State


def _ticket_reach(standing: Standing, user: User) -> QuerySet[Any]:  # noqa: ARG001 - see above
    return ticket_imports_of(standing).annotate(job_at=F("created_at"), job_stage=_ticket_stage())


def _ticket_stage() -> Case:
    return _stage(
        "state",
        working=(_Ticket.PREVIEWING,),
        waiting=(_Ticket.UPLOADED, _Ticket.PREVIEWED),
        done=(_Ticket.DONE,),
    )


def _ticket_lines(ids: Sequence[int], standing: Standing) -> Iterable[tuple[int, Job]]:  # noqa: ARG001 - see above
    found = TicketImport.objects.filter(pk__in=ids).annotate(job_stage=_ticket_stage())
    for one in found.select_related("created_by"):
        left_out = one.rows_left_out if one.state in (_Ticket.PREVIEWED, _Ticket.DONE, _Ticket.REFUSED) else 0
        faults = reverse("fieldwork:ticket_faults", args=[one.public_id])
        yield (
            one.pk,
            Job(
                kind="12345 工单导入",
                title=one.file_name,
                who=one.created_by.name,
                at=one.created_at,
                stage=one.job_stage,
                words=one.get_state_display(),
                url=reverse("fieldwork:ticket_import", args=[one.public_id]),
                done=one.rows_done,
                total=one.rows_total,
                finished_at=one.finished_at,
                faults=Link(f"{left_out} 行未导入", faults) if left_out else None,
                problem=one.problem,
            ),
        )


SOURCES: tuple[Source, ...] = (
    Source("roster", "名册导入", _roster_reach, _roster_lines),
    Source("statement", "对账单导入", _statement_reach, _statement_lines),
    Source("ticket", "12345 工单导入", _ticket_reach, _ticket_lines),
    Source("export", "导出", _export_reach, _export_lines),
    Source("edition", "发布稿", _press_reach, _press_lines),
)


def keys_of(standing: Standing, user: User, *, kind: str, stage: str) -> QuerySet[Any]:
    """(kind, id) of every job in reach, the newest first: one statement over all kinds."""
    wanted = Q(job_stage=stage) if stage else Q()
    parts = [
        source.reach(standing, user)
        .filter(wanted)
        .order_by()
        .annotate(job_kind=Value(source.key, CharField()), job_id=Coalesce(F("pk"), 0))
        .values_list("job_kind", "job_id", "job_at")
        for source in SOURCES
        if kind in ("", source.key)
    ]
    first, *rest = parts
    return (first.union(*rest, all=True) if rest else first).order_by("-job_at", "-job_id")


def jobs_of(keys: Sequence[tuple[str, int, datetime]], standing: Standing) -> list[Job]:
    """The chosen jobs in full, in the same order: one statement per kind."""
    found: dict[tuple[str, int], Job] = {}
    for source in SOURCES:
        if ids := [pk for kind, pk, _ in keys if kind == source.key]:
            found |= {(source.key, pk): job for pk, job in source.lines(ids, standing)}
    return [found[kind, pk] for kind, pk, _ in keys if (kind, pk) in found]
