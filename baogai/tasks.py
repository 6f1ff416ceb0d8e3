"""Work of the doors that no page waits for."""

from datetime import timedelta
from importlib import import_module

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from accounts.gateways import GatewayError, send_email, send_sms
from accounts.models import PhoneCode
from accounts.rules import CodePurpose
from accounts.services import deliver_code, forget_old_codes
from baogai.doors import may_come_in
from committees.services import forget_left_portraits
from kernel.days import local_day

_CODES_KEPT = timedelta(days=1)


@shared_task(autoretry_for=(GatewayError,), max_retries=3, default_retry_delay=5)
def send_code(code_id: int) -> None:
    """Send a code that a browser asked for. One for signing in is sent only where it opens something.

    Looked up here and not on the page, so that the page takes the same time for every number.
    """
    now = timezone.now()
    code = PhoneCode.objects.get(pk=code_id)
    if code.purpose != CodePurpose.SIGN_IN or may_come_in(code.phone, on=local_day(now)):
        deliver_code(code_id, at=now)


@shared_task(autoretry_for=(GatewayError,), max_retries=3, default_retry_delay=30)
def tell_old_number(phone: str) -> None:
    """Tell a number that it no longer opens an account."""
    send_sms(
        phone, "您的账号刚刚更换了手机号，本号码不再接收验证码。不是本人办理的，请马上联系村（社区）或镇小区服务岗。"
    )


@shared_task(autoretry_for=(GatewayError,), max_retries=3, default_retry_delay=30)
def tell_old_mailbox(address: str) -> None:
    """Tell a mailbox that messages no longer go there."""
    send_email(
        address,
        "邮箱已更换",
        "您的账号刚刚更换或取消了邮箱，以后的通知不再发到这里。不是本人办理的，请马上联系村（社区）或镇小区服务岗。",
    )


@shared_task
def forget_what_is_over() -> None:
    """Once a day: codes of yesterday, sessions that have ended, photos of members who have left."""
    forget_old_codes(before=timezone.now() - _CODES_KEPT)
    forget_left_portraits(on=local_day(timezone.now()))
    import_module(settings.SESSION_ENGINE).SessionStore.clear_expired()
