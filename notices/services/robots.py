"""Speaking through a group's robot, and reading what its vendor answers: both say 200 to what they did not take.

apprise knows the services and where they listen; it judges by the HTTP status alone, so the asking is done here.
"""

import base64
import hashlib
import hmac
import json
import time

import apprise
import requests
from apprise.plugins.dingtalk import NotifyDingTalk
from apprise.plugins.wecombot import NotifyWeComBot

from accounts.gateways import FateUnknownError, GatewayError, RefusedError

_TIMEOUT = (5, 10)
_HEADERS = {"Content-Type": "application/json; charset=utf-8"}
_MOST_ANSWER = 10_000
#: Busy, or too many messages in a minute (企业微信 -1, 45009; 钉钉 -1, 130101, 410100): the same message may go later.
_TRY_LATER = frozenset({-1, 45009, 130101, 410100})


def say(address: str, text: str) -> None:
    """Say one text in the group. `address` is the robot's as apprise writes it.

    Raises GatewayError where it may be tried again, RefusedError where the vendor will not have it, FateUnknownError
    where its answer tells nothing. No error and no log names the token.
    """
    robot = apprise.Apprise.instantiate(address)
    if isinstance(robot, NotifyWeComBot):
        _judge(_post(robot.api_url, text))
    elif isinstance(robot, NotifyDingTalk):
        _judge(_post(robot.notify_url.format(token=robot.token), text, params=_signed(robot.secret)))
    else:
        raise RefusedError("群机器人的地址不对，请重新登记。")


def _signed(secret: str | None) -> dict[str, str]:
    """DingTalk's 加签: the moment, and the HMAC-SHA256 of moment and secret, encoded once, by whoever sends it."""
    if not secret:
        return {}
    moment = str(round(time.time() * 1000))
    digest = hmac.new(secret.encode(), f"{moment}\n{secret}".encode(), hashlib.sha256).digest()
    return {"timestamp": moment, "sign": base64.b64encode(digest).decode()}


def _post(url: str, text: str, params: dict[str, str] | None = None) -> bytes:
    body = json.dumps({"msgtype": "text", "text": {"content": text}}, ensure_ascii=False).encode()
    try:
        answer = requests.post(url, data=body, headers=_HEADERS, params=params, timeout=_TIMEOUT, allow_redirects=False)
    except requests.RequestException:
        # Its own words name the address, which is the token.
        raise GatewayError("群机器人连接不上。") from None
    if answer.status_code != requests.codes.ok:
        raise GatewayError(f"群机器人没有接收（{answer.status_code}）。")
    return answer.content[:_MOST_ANSWER]


def _judge(answer: bytes) -> None:
    try:
        told = json.loads(answer)
        code, words = int(told["errcode"]), str(told.get("errmsg", ""))
    except (ValueError, TypeError, KeyError) as fault:
        raise FateUnknownError("群机器人的答复看不懂，不知是否已发出。") from fault
    if code in _TRY_LATER:
        raise GatewayError(f"群机器人暂时不收（{code}）。")
    if code != 0:
        raise RefusedError(
            f"群机器人拒收（{code}）：{' '.join(words.split())[:60]}。请核对登记的地址和机器人的安全设置。"
        )
