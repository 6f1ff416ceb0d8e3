"""测试收件箱: what a machine without gateways would have sent, so that a newcomer can follow codes and messages."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache

from accounts.models import OutgoingSample
from accounts.outlets import has_mail_server, has_test_inbox
from kernel.masking import mask_phone

_SHOWN = 50


@never_cache
def test_inbox(request: HttpRequest) -> HttpResponse:
    """Open to everybody, since a code is needed before one is anybody; in production there is no such page."""
    if not has_test_inbox():
        raise Http404
    samples = list(OutgoingSample.objects.all()[:_SHOWN])
    for one in samples:
        if one.channel == OutgoingSample.Channel.SMS:
            one.address = mask_phone(one.address)
    return render(request, "baogai/test_inbox.html", {"samples": samples, "has_mail_server": has_mail_server()})
