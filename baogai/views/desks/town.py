"""The town's desk: what needs a decision, how the villages stand, what is missing where (clauses 4.1.1, 4.3.1)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.core.cache import cache
from django.db.models import Count, Exists, Func, IntegerField, OuterRef, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from accounts.outlets import reaches_nobody
from baogai.board import SHORT_NAMES, Board, OwnLine, build_board, cells_for, short_period
from baogai.permissions import Desk
from baogai.views.desks.appraising import appraisals_to_decide
from baogai.views.desks.todo import Todo, by_deadline, obligations_url
from baogai.views.desks.waiting import waiting_for_a_second_person
from communities.models import BindingRequest, Compound, Village
from communities.permissions import Standing
from evaluations.models import Survey
from finance.models import Disclosure, LedgerAccount
from finance.services.late_corrections import late_corrections
from notices.models import Delivery
from supervision.models import Obligation, Policy, Proposal, SweepRun
from supervision.rules import Duty

_SHOWN = 10
_CORRECTIONS_SHOWN = 3
MOST_COUNTED = 300
#: Figures that read every compound are counted once a minute; the board itself is read anew each time.
_CENSUS_SECONDS = 60
_STALE_SWEEP = timedelta(minutes=30)


@dataclass(frozen=True)
class Census:
    """Counts over all compounds of the town, at most a minute old."""

    compounds: int
    without_account: int
    without_bearer: int
    awaiting_countersign: int
    sweep_is_stale: bool
    undelivered: int = 0
    bindings: int = 0
    survey_matters: int = 0


def town_desk(request: HttpRequest, standing: Standing, desk: Desk, desks: list[Desk]) -> HttpResponse:
    """For officers, leaders and auditors alike; auditors find no button that acts."""
    on, acts = standing.on, desk is Desk.TOWN
    villages = list(Village.objects.filter(town_id__in=standing.town_ids).order_by("id"))
    board = build_board(list(cells_for(Q(town_id__in=standing.town_ids), on)), villages, on)
    policies = list(_policies(standing))
    pending = pending_urgings(Q(obligation__town_id__in=standing.town_ids))
    proposals = list(_shown(pending))
    to_urge = proposals[0].all_pending if proposals else 0
    census = census_of(standing)
    waiting = [
        *waiting_for_a_second_person(standing),
        *_surveys(standing, census),
        *appraisals_to_decide(standing),
    ]
    others = [*_own(board.own), *_policies_to_confirm(policies, standing)]
    todos = [*waiting, *by_deadline([*others, *map(proposal_line, proposals)])]
    context: dict[str, Any] = {
        "desk": desk,
        "desks": desks,
        "board": board,
        "unpublished": board.disclosure.open - board.disclosure.unposted,
        "todos": todos[:_SHOWN] if acts else [],
        "todo_count": len(waiting) + len(others) + to_urge,
        "may_act": acts,
        "may_bind": bool(standing.office_town_ids),
        "to_urge": to_urge,
        "most_counted": MOST_COUNTED,
        "has_policy": any(_in_force(policy, standing) for policy in policies),
        "rates": rate_bars(board),
        "census": census,
        "reaches_nobody": reaches_nobody(),
        "late_corrections": late_corrections(standing, most=_CORRECTIONS_SHOWN) if board.disclosure.corrected else [],
    }
    return render(request, "baogai/desks/town.html", context)


def _policies(standing: Standing) -> Iterable[Policy]:
    """What is in force, and what still waits for its second person."""
    in_force = Policy.objects.in_force(standing.on).values("pk")
    found = Policy.objects.filter(town_id__in=standing.town_ids)
    return found.filter(Q(confirmed_at__isnull=True) | Q(pk__in=in_force))


def _in_force(policy: Policy, standing: Standing) -> bool:
    until = policy.until_on
    return policy.confirmed_at is not None and policy.from_on <= standing.on and (until is None or until >= standing.on)


def _policies_to_confirm(policies: Iterable[Policy], standing: Standing) -> Iterable[Todo]:
    for policy in policies:
        if policy.confirmed_at is None and policy.entered_by_id != standing.user_id:
            yield Todo(
                title=f"{policy.number} 待第二人确认",
                url=reverse("supervision:policy", args=[policy.public_id]),
                action="核对确认",
                due_on=policy.from_on,
                detail="未确认前不生效，不产生新的事项",
            )


def _surveys(standing: Standing, census: Census) -> Iterable[Todo]:
    """What results propose, and surveys that something stands in the way of; asked for where the census saw any."""
    if not census.survey_matters:
        return
    found = Survey.objects.with_matters().filter(compound__village__town_id__in=standing.office_town_ids)
    for survey in found.select_related("compound", "body", "firm", "proposal").order_by("pk")[:_SHOWN]:
        proposal = getattr(survey, "proposal", None)
        if proposal is not None and not proposal.decision:
            yield Todo(
                title=f"{survey.compound}：建议{proposal.get_act_display()}",
                url=reverse("evaluations:result", args=[survey.public_id]),
                action="去决定",
                detail=f"{survey.subject}，{proposal.figures}",
                clause=proposal.clause,
            )
        else:
            yield Todo(
                title=f"{survey.compound}：{survey.get_kind_display()}受阻",
                url=reverse("evaluations:survey", args=[survey.public_id]),
                action="看原因",
                detail=survey.problem,
            )


def pending_urgings(scope: Q) -> Any:
    """Proposals to urge a firm or a compound's body; the town's own bodies are not urged, they are told."""
    urged = Q(obligation__bearer_firm__isnull=False) | Q(obligation__bearer_body__compound__isnull=False)
    # A proposal falls with its obligation; saying so lets the database walk the few open ones by deadline.
    still_open = Q(obligation__fulfilled_at__isnull=True, obligation__released_on__isnull=True)
    return Proposal.objects.filter(scope, urged, still_open, decision="", act=Proposal.Act.URGE)


def _shown(pending: Any) -> Any:
    """The most urgent, each with how many there are in all, counted up to a bound: one statement for both."""
    counted = Func(
        ArraySubquery(pending.values("pk")[:MOST_COUNTED]), function="cardinality", output_field=IntegerField()
    )
    related = ("obligation__compound", "obligation__bearer_body", "obligation__bearer_firm")
    return pending.select_related(*related).annotate(all_pending=counted).order_by("obligation__deadline_on")[:_SHOWN]


def proposal_line(proposal: Proposal) -> Todo:
    """The sweep proposes to urge; a person decides."""
    obligation = proposal.obligation
    side = "业委会" if obligation.bearer_body_id else "物业"
    duty = SHORT_NAMES[Duty(obligation.duty)]
    return Todo(
        title=f"{obligation.compound or ''}{side}：{obligation.period_value.label}{duty}",
        url=reverse("supervision:urge", args=[obligation.public_id]),
        action="去督促",
        due_on=obligation.deadline_on,
        detail=str(obligation.bearer),
        clause=proposal.clause,
    )


def _own(lines: Iterable[OwnLine]) -> Iterable[Todo]:
    for line in lines:
        still = f"：还有 {line.open} 个未完成（共 {line.total} 个）" if line.total > 1 else ""
        yield Todo(
            title=f"{line.period.label}{line.duty.label}{still}",
            url=obligations_url(duty=line.duty, period=line.period.code, state="open", bearer="town"),
            action="去办理",
            due_on=line.deadline_on,
            detail="镇本级事项",
            clause=line.clause,
        )


def rate_bars(board: Board) -> list[tuple[str, int, str]]:
    bars = []
    for rate in board.rates:
        percent = (200 * rate.tally.on_time + rate.tally.total) // (2 * rate.tally.total) if rate.tally.total else 0
        running = "，未到期" if rate.is_running else ""
        words = f"{percent}%（{rate.tally.on_time}/{rate.tally.total}{running}）"
        bars.append((f"{rate.period.year} {short_period(rate.period)}", percent, words))
    return bars


def census_of(standing: Standing) -> Census:
    """The counts for the person's towns, kept for a minute in the shared cache."""
    towns = sorted(standing.town_ids)
    key = f"census:{'-'.join(map(str, towns))}:{standing.on.isoformat()}"
    found = cache.get(key)
    if not isinstance(found, Census):
        found = _take_census(standing)
        cache.set(key, found, _CENSUS_SECONDS)
    return found


def _take_census(standing: Standing) -> Census:
    on = standing.on
    compounds = Compound.objects.filter(village__town_id__in=standing.town_ids)
    accounts = LedgerAccount.objects.dedicated().open_on(on).values("compound")
    counts = compounds.aggregate(
        compounds=Count("pk"),
        without_account=Count("pk", filter=~Q(pk__in=accounts)),
        without_bearer=Count("pk", filter=Q(pk__in=compounds.without_bearer(on).values("pk"))),
    )
    newest = SweepRun.objects.order_by("-finished_at").first()
    return Census(
        **counts,
        awaiting_countersign=_awaiting_countersign(standing),
        sweep_is_stale=newest is None or timezone.now() - newest.finished_at > _STALE_SWEEP,
        bindings=BindingRequest.objects.waiting().in_towns(standing.town_ids)[:MOST_COUNTED].count(),
        undelivered=Delivery.objects.undelivered().visible_to(standing).count(),
        survey_matters=Survey.objects.with_matters().filter(compound__in=compounds).count(),
    )


def _awaiting_countersign(standing: Standing) -> int:
    """Open disclosures whose compound's other bearer has published for the same quarter: 会签待补."""
    published = Disclosure.objects.filter(compound=OuterRef("compound"), period=OuterRef("period"))
    waiting = Obligation.objects.open().filter(town_id__in=standing.town_ids, duty=Duty.DISCLOSURE)
    own = Disclosure.objects.filter(obligation=OuterRef("pk"))
    return waiting.filter(Exists(published), ~Exists(own), countersigns__isnull=True).count()
