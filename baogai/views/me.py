"""The person's own page: every way through the portal, their posts, their account."""

from allauth.socialaccount.models import SocialAccount
from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render

from accounts.permissions import PersonRequest
from baogai.permissions import may_answer_people
from communities.permissions import standing_of
from kernel.days import today


@login_required
def me(request: PersonRequest) -> HttpResponse:
    """我的: on the phone this is also the menu of everything that has no tab."""
    standing = standing_of(request.user, today())
    held = sorted(standing.holdings, key=lambda holding: (not holding.is_current, holding.from_on))
    has_weixin = bool(settings.WEIXIN_APP_ID) and SocialAccount.objects.filter(user=request.user).exists()
    context = {"holdings": held, "oversees_people": may_answer_people(standing), "has_weixin": has_weixin}
    return render(request, "baogai/me.html", context)
