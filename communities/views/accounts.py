"""Accounts handed out by the town's office; the first password is shown once."""

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.cache import add_never_cache_headers

from accounts.models import User
from accounts.permissions import PersonRequest
from accounts.services import open_account, renew_password
from communities.forms import AccountForm
from communities.models import Body, Compound
from communities.permissions import Standing, may_open_account, may_renew_password, standing_of
from kernel.days import today
from kernel.errors import DomainError


@login_required
def new_account(request: PersonRequest) -> HttpResponse:
    """Open an account for somebody who will hold a post."""
    if not may_open_account(standing_of(request.user, today())):
        raise PermissionDenied
    form = AccountForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            person, password = open_account(by=request.user, at=timezone.now(), **form.cleaned_data)
        except DomainError as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, refusal.message)
        else:
            return _show_once(request, person, password)
    return render(request, "communities/new_account.html", {"form": form}, status=422 if form.errors else 200)


@login_required
def renew(request: PersonRequest, person_id: str) -> HttpResponse:
    """A new first password for a person of the town who forgot theirs."""
    standing = standing_of(request.user, today())
    person = get_object_or_404(_known_to(standing), public_id=person_id)
    if not may_renew_password(standing, person, standing.on):
        raise PermissionDenied
    if request.method == "POST":
        return _show_once(request, person, renew_password(person, by=request.user, at=timezone.now()))
    return render(request, "communities/renew_password.html", {"person": person})


def _known_to(standing: Standing) -> QuerySet[User]:
    """People with a post or a home in what one oversees, and those with neither yet."""
    compounds = Compound.objects.visible_to(standing)
    return User.objects.filter(
        Q(appointments__post__body__in=Body.objects.visible_to(standing))
        | Q(appointments__post__firm__contracts__compound__in=compounds)
        | Q(owners__compound__in=compounds)
        | Q(appointments__isnull=True, owners__isnull=True)
    ).distinct()


def _show_once(request: HttpRequest, person: User, password: str) -> HttpResponse:
    """The password stands in this answer and nowhere else."""
    answer = render(request, "communities/first_password.html", {"person": person, "password": password})
    add_never_cache_headers(answer)
    return answer
