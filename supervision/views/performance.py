"""Recording that a duty was performed, and its proofs."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts.permissions import PersonRequest
from communities.permissions import standing_of
from files.services import serve
from kernel.days import today
from kernel.errors import DomainError
from supervision.forms.performance import PerformanceForm
from supervision.models import Obligation, PerformanceFile
from supervision.permissions import may_record_performance
from supervision.rules import RECORDED_DUTIES, clause_of
from supervision.services.performance import record_performance


@require_http_methods(["GET", "POST"])
@login_required
def perform(request: PersonRequest, public_id: str) -> HttpResponse:
    """登记办理情况: when, what, and the proof; fulfils the obligation."""
    standing = standing_of(request.user, today())
    obligation = get_object_or_404(Obligation.objects.visible_to(standing).for_display(), public_id=public_id)
    if obligation.duty not in RECORDED_DUTIES or not may_record_performance(standing, obligation):
        raise PermissionDenied("由责任单位的经办人员登记。")
    if not obligation.is_open:
        messages.warning(request, "这件事项已经完成或解除，无需再登记。")
        return redirect("supervision:obligation", obligation.public_id)
    form = PerformanceForm(
        request.POST or None, request.FILES or None, by=request.user, initial={"held_on": standing.on}
    )
    if form.is_valid():
        try:
            record_performance(
                obligation,
                held_on=form.cleaned_data["held_on"],
                summary=form.cleaned_data["summary"],
                proofs=form.sources(),
                by=request.user,
                at=timezone.now(),
            )
        except DomainError as error:
            form.refuse(error)
        else:
            messages.success(request, f"已登记，{obligation.period_value.label}{obligation.get_duty_display()}完成。")
            # Who left the post may finish this one, and does not see it any more once it is finished.
            still_seen = Obligation.objects.visible_to(standing).filter(pk=obligation.pk).exists()
            return redirect("supervision:obligation", obligation.public_id) if still_seen else redirect("desk")
    if form.errors:
        form.keep_files()
    context = {"form": form, "obligation": obligation, "clause": clause_of(obligation.duty)}
    return render(request, "supervision/perform.html", context)


@login_required
@require_safe
def performance_file(request: PersonRequest, public_id: str) -> FileResponse:
    """A proof, for whoever sees the obligation."""
    standing = standing_of(request.user, today())
    found = get_object_or_404(
        PerformanceFile.objects.select_related("file").filter(
            performance__obligation__in=Obligation.objects.visible_to(standing)
        ),
        file__public_id=public_id,
    )
    return serve(found.file, inline=True)
