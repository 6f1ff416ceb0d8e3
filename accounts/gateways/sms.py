"""SMS by an HTTP gateway: one signed request per message, and a clear answer or none.

Request: POST to SMS_GATEWAY_URL, JSON `{"id", "phone", "signature", "text", "sent_at"}`; the header
`X-Signature` is the HMAC-SHA256 of the body under SMS_ACCESS_KEY, in hex. The key itself never travels.
Answer: `{"code": "OK"}`; with any other code, or status 4xx, the gateway has refused. An `id` that comes again is one
message, for the gateway as for us. A vendor with another dialect gets a small bridge that speaks this one.
"""

import hashlib
import hmac
import json
import secrets
import time

import requests
from django.conf import settings
from django.utils import timezone
from urllib3.exceptions import HTTPError, MaxRetryError, NewConnectionError

from accounts.gateways.errors import FateUnknownError, GatewayError, RefusedError
from accounts.gateways.samples import keep_sample
from accounts.models import OutgoingSample
from kernel.errors import DomainError
from kernel.phones import parse_phone

#: Seconds to reach the gateway, and to wait between two bytes of its answer.
_TIMEOUT = (5, 10)
_MOST_SECONDS = 20
_TRY_LATER = frozenset({429, 500, 503})
_MOST_ANSWER = 10_000


def send_sms(phone: str, text: str, *, reference: str = "") -> None:
    """Have one text message sent. `reference` names it to the gateway; a repetition under the same one is the same.

    Raises GatewayError where it was certainly not sent, RefusedError where it never will be, FateUnknownError where
    it may have been. No error names the number.
    """
    try:
        number = parse_phone(phone)
    except DomainError as fault:
        raise RefusedError("手机号不是 11 位手机号码。") from fault
    if not settings.SMS_GATEWAY_URL:
        keep_sample(OutgoingSample.Channel.SMS, address=number, text=f"【{_signature()}】{text}")
        return
    body = json.dumps(
        {
            "id": reference or secrets.token_hex(8),
            "phone": number,
            "signature": _signature(),
            "text": text,
            "sent_at": int(timezone.now().timestamp()),
        },
        ensure_ascii=False,
    ).encode()
    _judge(_post(body))


def _signature() -> str:
    return settings.SMS_SIGNATURE or "宝盖小区监督"


def _post(body: bytes) -> tuple[int, bytes]:
    """Status and the beginning of the answer. Follows no redirect: numbers go to the configured host only."""
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "X-Signature": hmac.new(settings.SMS_ACCESS_KEY.encode(), body, hashlib.sha256).hexdigest(),
    }
    try:
        with requests.post(
            settings.SMS_GATEWAY_URL,
            data=body,
            headers=headers,
            timeout=_TIMEOUT,
            allow_redirects=False,
            stream=True,
        ) as answer:
            return answer.status_code, _beginning(answer)
    except (requests.ConnectTimeout, requests.exceptions.SSLError, requests.exceptions.InvalidURL) as fault:
        raise GatewayError("短信网关连接不上。") from fault
    except requests.ConnectionError as fault:
        # Refused at the door, or lost in the middle? Only the first is certain.
        if _never_reached(fault):
            raise GatewayError("短信网关连接不上。") from fault
        raise FateUnknownError("短信网关中途断开，不知是否已发出。") from fault
    except (requests.RequestException, HTTPError) as fault:
        raise FateUnknownError("短信网关没有及时答复，不知是否已发出。") from fault


def _beginning(answer: requests.Response) -> bytes:
    """As much of the answer as a judgement needs; a gateway that drips it out byte by byte is not waited for."""
    read, give_up = b"", time.monotonic() + _MOST_SECONDS
    while len(read) < _MOST_ANSWER and (more := answer.raw.read1(_MOST_ANSWER)):
        read += more
        if time.monotonic() > give_up:
            raise requests.ReadTimeout
    return read


def _never_reached(fault: requests.ConnectionError) -> bool:
    """Whether no connection came about at all: refused, or a name nobody knows."""
    cause = fault.args[0] if fault.args else None
    return isinstance(cause, MaxRetryError) and isinstance(cause.reason, NewConnectionError)


def _judge(answer: tuple[int, bytes]) -> None:
    status, body = answer
    if status in _TRY_LATER:
        raise GatewayError(f"短信网关暂时不可用（{status}）。")
    if 300 <= status < 400:
        raise GatewayError("短信网关要转到别处，没有跟去。请核对 SMS_GATEWAY_URL。")
    if 400 <= status < 500:
        raise RefusedError(f"短信网关不发这一条（{status}）。")
    try:
        told = json.loads(body)
        code = str(told["code"])
    except (ValueError, TypeError, KeyError) as fault:
        raise FateUnknownError(f"短信网关的答复看不懂（{status}），不知是否已发出。") from fault
    if status != 200:
        raise FateUnknownError(f"短信网关答复 {status}，不知是否已发出。")
    if code != "OK":
        raise RefusedError(f"短信网关不发这一条（{code[:20]}）。")
