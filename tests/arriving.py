"""What the tests of the doors share: a home's slip in hand, and the text message on the phone."""

import re
from typing import Any

from django.test import Client
from django.utils import timezone

from accounts.models import OutgoingSample, PhoneCode
from baogai.tasks import send_code
from communities.models import Unit
from communities.services import make_slips
from kernel.days import today
from tests.cast import World

NEW_PHONE = "13700001234"


def slip_for(world: World, unit: Unit | None = None) -> str:
    """A new slip's secret, as the paper carries it."""
    home = Unit.objects.select_related("building__compound", "stair").get(pk=(unit or world.unit).pk)
    return make_slips([home], where=str(home), by=world.cadre, at=timezone.now(), on=today())[0].secret


def home_beside(world: World, room: str = "1103") -> Unit:
    """Another home of the same stair, whose owner the roster knows and nobody is bound to."""
    return Unit.objects.create(
        building=world.unit.building, stair=world.unit.stair, room_key=room, room_text=room, area="88.00"
    )


def texts_to(phone: str) -> list[str]:
    """What the phone received, the newest first. The worker is asked first."""
    for waiting in PhoneCode.objects.filter(sent_at__isnull=True).order_by("pk"):
        send_code(waiting.pk)
    return list(
        OutgoingSample.objects.filter(channel="sms", address=phone).order_by("-id").values_list("text", flat=True)
    )


def code_on(phone: str) -> str:
    """The code in the newest text message on that phone."""
    found = re.search(r"\d{6}", texts_to(phone)[0])
    assert found is not None
    return found.group()


def tap(client: Client, who: str, *, phone: str = NEW_PHONE, name: str = "", **extra: Any) -> Any:
    return client.post("/arrive/home/", {"who": who, "phone": phone, "name": name}, **extra)
