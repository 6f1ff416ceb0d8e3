"""A compound's committee: its members as they stand on the board, its terms, and entering both."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse

from accounts.permissions import PersonRequest
from committees.forms import EndForm, FilingForm, LeaveForm, SeatForm, TermForm
from committees.models import Seat, Term
from committees.permissions import may_print_board, may_register_term, may_see_affiliation
from committees.rules import TermState, filing_due_on, is_proper_size, term_state
from committees.services import (
    cards_of,
    end_committee,
    file_term,
    find_owner,
    found_committee,
    leave_seat,
    register_term,
    seat_member,
)
from communities.models import Body, Building, Compound
from communities.permissions import Standing, standing_of
from kernel.days import today
from kernel.errors import ConflictError, DomainError, NotAllowedError

_STATE_CHIPS = {
    TermState.FUTURE: ("calm", "clock"),
    TermState.RUNNING: ("done", "check-circle"),
    TermState.OVERRUNNING: ("late", "exclamation-circle"),
    TermState.OVER: ("calm", "archive"),
}


@dataclass(frozen=True)
class TermLine:
    """A term as the board shows it."""

    term: Term
    state: TermState
    chip: str
    symbol: str
    overrun_days: int
    filing_due_on: date


@login_required
def board(request: PersonRequest, compound_id: str) -> HttpResponse:
    """The members of a compound's committee and its terms (clause 4.2.5), with what each agreed to show."""
    on = today()
    standing = standing_of(request.user, on)
    compound = _compound(standing, compound_id)
    committee = _latest_committee(compound)
    terms = _term_lines(committee, on) if committee else []
    seats = (
        list(Seat.objects.filter(term__committee=committee).held(on).for_board())
        if committee and _is_in_office(committee, on)
        else []
    )
    members = cards_of(seats, sees_affiliation=may_see_affiliation(standing, compound))
    return render(
        request,
        "committees/board.html",
        {
            "compound": compound,
            "committee": committee,
            "is_in_office": committee is not None and _is_in_office(committee, on),
            "terms": terms,
            "present": next((line for line in terms if line.state not in (TermState.FUTURE, TermState.OVER)), None),
            "members": members,
            "gaps": [one for one in members if one.lacking],
            "mine": next((one for one in seats if one.appointment.user_id == request.user.pk), None),
            "buildings": _buildings(seats),
            "is_proper_size": is_proper_size(len(members)),
            "suspended": {seat.pk for seat in seats if _is_suspended(seat, on)},
            "may_register": may_register_term(standing, compound),
            "may_end": committee is not None and committee.ended_on is None and may_register_term(standing, compound),
            "may_print": may_print_board(standing, compound),
            "on": on,
        },
    )


def _buildings(seats: list[Seat]) -> list[Building]:
    """The buildings that have members of their own, for the papers in their lobbies."""
    return sorted({seat.building for seat in seats if seat.building}, key=lambda one: (len(one.key), one.key))


@login_required
def new_term(request: PersonRequest, compound_id: str) -> HttpResponse:
    """任期登记: the next term of the committee in office, or the committee itself with its first term."""
    standing = standing_of(request.user, today())
    compound = _compound(standing, compound_id)
    _require_officer(standing, compound)
    committee = _latest_committee(compound)
    if committee is not None and not _is_in_office(committee, today()):
        committee = None
    form = TermForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            term = _register(compound, committee, form, request)
        except DomainError as error:
            _show(error, form)
        else:
            messages.success(request, f"已登记第{term.number}届任期，请接着登记成员。")
            return redirect("committees:new_seat", term.public_id)
    former = committee.terms.first() if committee else None
    return render(
        request,
        "committees/new_term.html",
        {"compound": compound, "committee": committee, "former": former, "form": form},
        status=422 if form.errors else 200,
    )


@login_required
def new_seat(request: PersonRequest, term_id: str) -> HttpResponse:
    """Seat one member of a term; the page stays for the next one."""
    term, compound = _term_to_keep(request, term_id)
    form = SeatForm(request.POST or None, compound=compound, initial={"from_on": term.from_on})
    if request.method == "POST" and form.is_valid():
        try:
            seat = _seat(term, compound, form, request)
        except DomainError as error:
            _show(error, form)
        else:
            messages.success(request, f"已登记：{seat.appointment.post.title} {seat.appointment.user.name}。")
            return redirect("committees:new_seat", term.public_id)
    seats = Seat.objects.filter(term=term).for_board()
    return render(
        request,
        "committees/new_seat.html",
        {"compound": compound, "term": term, "seats": seats, "form": form},
        status=422 if form.errors else 200,
    )


@login_required
def filing(request: PersonRequest, term_id: str) -> HttpResponse:
    """Enter that a term was filed, where that was still to come when it was registered."""
    term, compound = _term_to_keep(request, term_id)
    form = FilingForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            file_term(term, **form.cleaned_data, on=today(), by=request.user)
        except ConflictError as error:
            messages.warning(request, error.message)
            return redirect("committees:board", compound.public_id)
        except DomainError as error:
            _show(error, form)
        else:
            messages.success(request, f"已登记第{term.number}届备案。")
            return redirect("committees:board", compound.public_id)
    context = {"compound": compound, "term": term, "form": form}
    return render(request, "committees/filing.html", context, status=422 if form.errors else 200)


@login_required
def leave(request: PersonRequest, seat_id: str) -> HttpResponse:
    """Enter a member's last day."""
    on = today()
    standing = standing_of(request.user, on)
    seat = get_object_or_404(
        Seat.objects.visible_to(standing).select_related(
            "appointment__post", "appointment__user", "term__committee__compound__village"
        ),
        appointment__public_id=seat_id,
    )
    compound = _compound_of(seat.term)
    _require_officer(standing, compound)
    form = LeaveForm(request.POST or None, on=on)
    if request.method == "POST" and form.is_valid():
        try:
            leave_seat(seat, until_on=form.cleaned_data["until_on"], by=request.user)
        except DomainError as error:
            _show(error, form)
        else:
            messages.success(request, f"已登记 {seat.appointment.user.name} 离任。")
            return redirect("committees:board", compound.public_id)
    return render(
        request,
        "committees/leave.html",
        {"compound": compound, "seat": seat, "form": form},
        status=422 if form.errors else 200,
    )


@login_required
def end(request: PersonRequest, compound_id: str) -> HttpResponse:
    """停止履职: the committee's last day, with its reason, and what follows said before."""
    standing = standing_of(request.user, today())
    compound = _compound(standing, compound_id)
    _require_officer(standing, compound)
    committee = _latest_committee(compound)
    if committee is None or committee.ended_on is not None:
        messages.warning(request, "本小区没有在任的业委会，或其最后履职日已登记。")
        return redirect("committees:board", compound.public_id)
    form = EndForm(request.POST or None, on=standing.on)
    if request.method == "POST" and form.is_valid():
        facts = form.cleaned_data
        try:
            end_committee(
                committee, until_on=facts["until_on"], reason=facts["reason"], on=standing.on, by=request.user
            )
        except ConflictError as error:
            messages.warning(request, error.message)
            return redirect("committees:board", compound.public_id)
        except DomainError as error:
            _show(error, form)
        else:
            messages.success(request, f"已登记{committee.name}停止履职，成员会收到消息。")
            return redirect("committees:board", compound.public_id)
    context = {
        "compound": compound,
        "committee": committee,
        "form": form,
        "consequences": _AFTER_THE_END,
        "back": reverse("committees:board", args=[compound.public_id]),
    }
    return render(request, "committees/end.html", context, status=422 if form.errors else 200)


_AFTER_THE_END = (
    "自最后履职日的次日起，主任、委员等全部职务的权限立即结束；",
    "任期内没有办完的事项，仍可由原经办人办完；",
    "此后不再给它产生新的义务事项；选出新的业委会后另行登记；",
    "登记后不能撤销，各人任职记录保留。",
)


@transaction.atomic
def _register(compound: Compound, committee: Body | None, form: TermForm, request: PersonRequest) -> Term:
    """A committee is founded only together with a term that holds."""
    facts = form.cleaned_data
    if committee is None:
        committee = found_committee(compound, from_on=facts["from_on"], by=request.user)
    return register_term(
        committee,
        from_on=facts["from_on"],
        until_on=facts["until_on"],
        filed_on=facts["filed_on"],
        filing_number=facts["filing_number"],
        by=request.user,
    )


def _seat(term: Term, compound: Compound, form: SeatForm, request: PersonRequest) -> Seat:
    facts = form.cleaned_data
    owner, building = find_owner(
        compound, building=facts["building"], room=facts["room"], name=facts["name"], on=facts["from_on"]
    )
    return seat_member(
        term,
        owner=owner,
        title=facts["title"],
        from_on=facts["from_on"],
        building=building,
        affiliation=facts["affiliation"],
        pledge=facts["pledge"],
        by=request.user,
    )


def _term_to_keep(request: PersonRequest, term_id: str) -> tuple[Term, Compound]:
    """404 for whoever may not see the compound, 403 for whoever may not keep its register."""
    standing = standing_of(request.user, today())
    terms = Term.objects.visible_to(standing).select_related("committee__compound__village")
    term = get_object_or_404(terms, public_id=term_id)
    compound = _compound_of(term)
    _require_officer(standing, compound)
    return term, compound


def _compound(standing: Standing, compound_id: str) -> Compound:
    visible = Compound.objects.visible_to(standing).select_related("village")
    return get_object_or_404(visible, public_id=compound_id)


def _compound_of(term: Term) -> Compound:
    """A committee hangs in a compound by constraint."""
    return cast("Compound", term.committee.compound)


def _require_officer(standing: Standing, compound: Compound) -> None:
    if not may_register_term(standing, compound):
        raise PermissionDenied("只有镇小区服务岗可以登记业委会任期。")


def _latest_committee(compound: Compound) -> Body | None:
    return Body.objects.committees().filter(compound=compound).order_by("-from_on").first()


def _is_in_office(committee: Body, on: date) -> bool:
    return committee.ended_on is None or committee.ended_on >= on


def _is_suspended(seat: Seat, on: date) -> bool:
    held = seat.appointment
    return (
        held.suspended_from_on is not None
        and held.suspended_from_on <= on
        and (held.suspended_until_on is None or held.suspended_until_on >= on)
    )


def _term_lines(committee: Body, on: date) -> list[TermLine]:
    """Newest first; a term ends with the next one, or with the committee."""
    lines, left_on = [], committee.ended_on
    for term in committee.terms.order_by("-number"):
        state = term_state(from_on=term.from_on, until_on=term.until_on, left_on=left_on, on=on)
        overrun = (on - term.until_on).days if state is TermState.OVERRUNNING else 0
        lines.append(TermLine(term, state, *_STATE_CHIPS[state], overrun, filing_due_on(term.from_on)))
        left_on = term.from_on - timedelta(days=1)
    return lines


def _show(error: DomainError, form: TermForm | FilingForm | SeatForm | LeaveForm | EndForm) -> None:
    """A rule's refusal beside its field; what the person may not do at all is another page."""
    if isinstance(error, NotAllowedError):
        raise error
    form.add_error(error.field if error.field in form.fields else None, error.message)
