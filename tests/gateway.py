"""An SMS gateway on this machine that speaks the protocol of `accounts.gateways.sms`, and misbehaves when told."""

import hashlib
import hmac
import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

KEY = "示例密钥"


@dataclass
class FakeGateway:
    """`answers` are given in turn, the last one for ever: a status with a body, or a way to misbehave."""

    url: str = ""
    answers: list[tuple[int, str] | str] = field(default_factory=lambda: [(200, '{"code": "OK"}')])
    got: list[dict[str, Any]] = field(default_factory=list)

    def next_answer(self) -> tuple[int, str] | str:
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]

    @property
    def phones(self) -> list[str]:
        return [one["phone"] for one in self.got]


class _Handler(BaseHTTPRequestHandler):
    gateway: FakeGateway

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        expected = hmac.new(KEY.encode(), body, hashlib.sha256).hexdigest()
        if not hmac.compare_digest(self.headers["X-Signature"], expected):
            self._say(403, '{"code": "SIGNATURE"}')
            return
        self.gateway.got.append(json.loads(body) | {"path": self.path})
        answer = self.gateway.next_answer()
        if answer == "hang":
            time.sleep(20)
        elif answer == "cut":
            self.connection.close()
        elif answer == "drip":
            self._drip()
        elif answer == "elsewhere":
            self.send_response(307)
            self.send_header("Location", f"{self.gateway.url}/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()
        else:
            self._say(int(answer[0]), str(answer[1]))

    def _say(self, status: int, text: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text.encode())))
        self.end_headers()
        self.wfile.write(text.encode())

    def _drip(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "100")
        self.end_headers()
        for _ in range(30):
            self.wfile.write(b" ")
            self.wfile.flush()
            time.sleep(0.1)

    def log_message(self, *args: Any) -> None:
        """Quiet."""


@pytest.fixture
def gateway(settings: Any) -> Iterator[FakeGateway]:
    """A gateway that takes everything, and the settings that lead to it."""
    fake = FakeGateway()
    handler = type("Handler", (_Handler,), {"gateway": fake})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    fake.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    settings.SMS_GATEWAY_URL, settings.SMS_ACCESS_KEY, settings.SMS_SIGNATURE = f"{fake.url}/sms", KEY, "宝盖镇"
    yield fake
    server.shutdown()
    server.server_close()
