"""One-time codes to a phone or mailbox (AUTH-03): bound to the browser that asked, five minutes, five tries.

The code is made when it is sent, by the worker: it stands in the text message and nowhere else, neither in the queue
nor in a log, an answer or the database. Asking costs the same work for every number.
"""

import secrets
from datetime import datetime

from django.db.models import F
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare, salted_hmac

from accounts.gateways import FateUnknownError, GatewayError, RefusedError, send_email, send_sms
from accounts.limits import CODES_PER_ADDRESS, CODES_PER_DAY, CODES_PER_PHONE, CODES_PER_QUARTER, take_all
from accounts.models import ActionRecord, PhoneCode
from accounts.rules import CODE_DIGITS, CODE_LASTS, CODE_TRIES, CodePurpose
from accounts.services.signing import TooManyAttemptsError, wait_words
from accounts.services.trail import client_address, record_action
from kernel.errors import DomainError
from kernel.masking import mask_email, mask_phone

_MINUTES = int(CODE_LASTS.total_seconds()) // 60


def _place(purpose: CodePurpose) -> str:
    return f"code_{purpose}"


def ask_for_code(request: HttpRequest, address: str, *, purpose: CodePurpose, at: datetime) -> PhoneCode:
    """Note that this browser wants a code sent; whoever calls has it delivered. An earlier one is worth nothing.

    `address` is a phone, or for `CodePurpose.EMAIL` a mailbox. Raises TooManyAttemptsError, in the same words and
    after the same work for every one.
    """
    goes_to = "email" if purpose is CodePurpose.EMAIL else "phone"
    wait = take_all(
        (CODES_PER_PHONE, address),
        (CODES_PER_QUARTER, address),
        (CODES_PER_DAY, address),
        (CODES_PER_ADDRESS, client_address.get() or ""),
        at=at,
    )
    if wait is not None:
        raise TooManyAttemptsError(f"验证码要得太频繁，请 {wait_words(wait)}后再试。", field=goes_to)
    code = PhoneCode.objects.create(purpose=purpose, asked_at=at, expires_at=at + CODE_LASTS, **{goes_to: address})
    request.session[_place(purpose)] = code.public_id
    return code


def deliver_code(code_id: int, *, at: datetime) -> None:
    """Make the code and send it; a second delivery sends nothing. Raises GatewayError where trying again may help."""
    digits = "".join(secrets.choice("0123456789") for _ in range(CODE_DIGITS))
    code = PhoneCode.objects.filter(pk=code_id, sent_at__isnull=True, used_at__isnull=True, expires_at__gt=at).first()
    if code is None:
        return
    mine = PhoneCode.objects.filter(pk=code.pk, sent_at__isnull=True)
    if not mine.update(sent_at=at, code_hash=_hash(code, digits)):
        return
    what_for = f"{_MINUTES} 分钟内有效，用于{code.get_purpose_display()}"
    text = f"验证码 {digits}，{what_for}。工作人员不会向您索要，切勿告诉他人。"
    try:
        if code.email:
            send_email(code.email, "邮箱验证码", text)
        else:
            send_sms(code.phone, text, reference=code.public_id)
    except (RefusedError, FateUnknownError) as fault:
        record_action("发送验证码", by=None, result=ActionRecord.Result.FAILED, detail=str(fault))
    except GatewayError:
        PhoneCode.objects.filter(pk=code.pk).update(sent_at=None)
        raise


def address_asked(request: HttpRequest, purpose: CodePurpose) -> str:
    """The number, or mailbox, this browser asked a code for, or nothing."""
    code = PhoneCode.objects.filter(public_id=request.session.get(_place(purpose), ""), purpose=purpose).first()
    return code.address if code else ""


def prove_address(request: HttpRequest, typed: str, *, purpose: CodePurpose, at: datetime) -> str:
    """The number or mailbox that the code typed here proves. Each call is one of five tries, however many at once.

    Raises DomainError with one answer for wrong, used, foreign and never sent codes.
    """
    waiting = PhoneCode.objects.filter(
        public_id=request.session.get(_place(purpose), ""), purpose=purpose, used_at__isnull=True
    )
    if not waiting.filter(expires_at__gt=at, tries__lt=CODE_TRIES).update(tries=F("tries") + 1):
        raise DomainError("验证码已失效，请重新获取。", field="code")
    code = waiting.first()
    if code is None or not constant_time_compare(code.code_hash, _hash(code, typed)):
        return _refuse(code)
    if not waiting.exclude(code_hash="").update(used_at=at):
        raise DomainError("验证码已失效，请重新获取。", field="code")
    del request.session[_place(purpose)]
    return code.address


def _refuse(code: PhoneCode | None) -> str:
    left = CODE_TRIES - code.tries if code else 0
    if code is not None and left == 0:
        record_action(
            "验证码",
            by=None,
            by_text=mask_email(code.email) or mask_phone(code.phone),
            result=ActionRecord.Result.REFUSED,
            detail=f"连续输错 {CODE_TRIES} 次，用于{code.get_purpose_display()}",
        )
    more = f"还可以再试 {left} 次。" if left > 0 else "请重新获取。"
    raise DomainError(f"验证码不对，{more}", field="code")


def _hash(code: PhoneCode, digits: str) -> str:
    return salted_hmac("accounts.codes", f"{code.public_id}:{digits}", algorithm="sha256").hexdigest()


def forget_old_codes(*, before: datetime) -> int:
    """Delete what was asked for before a moment; how many."""
    return PhoneCode.objects.filter(asked_at__lt=before).delete()[0]
