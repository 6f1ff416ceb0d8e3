"""Requests over HTTP, many at once, from one process: as fast as they are answered, or at a pace of our own.

A connection is kept and used again, as a browser or a proxy does. What is measured begins when a request is due, also
where no connection is free yet, and ends with the last byte of its answer.
"""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlencode

_LOST = 0


@dataclass(frozen=True)
class Answer:
    """Status (0: no answer came), seconds, the body, and whether it was sent again after its connection broke."""

    status: int
    seconds: float
    body: bytes
    location: str = ""
    cookies: tuple[str, ...] = ()
    was_broken: bool = False


def request(method: str, path: str, *, cookie: str = "", form: dict[str, str] | None = None, json: str = "") -> bytes:
    """One request as it goes over the line."""
    body = json.encode() if json else urlencode(form or {}).encode()
    kind = "application/json" if json else "application/x-www-form-urlencoded"
    head = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1"]
    if cookie:
        head.append(f"Cookie: {cookie}")
    if json and "csrftoken=" in cookie:
        head.append(f"X-CSRFToken: {cookie.rpartition('csrftoken=')[2]}")
    if method == "POST":
        head += [f"Content-Type: {kind}", f"Content-Length: {len(body)}"]
    return ("\r\n".join(head) + "\r\n\r\n").encode() + (body if method == "POST" else b"")


class _Line:
    """One connection, opened when first needed and again after it broke."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, sent: bytes, since: float) -> Answer:
        # A kept connection may have been closed by the server meanwhile: once more on a new one, as browsers do.
        was_kept = self._streams is not None
        for is_kept in (was_kept, False):
            try:
                answer = await self._once(sent)
            except (OSError, asyncio.IncompleteReadError, ValueError):
                self.close()
                if is_kept:
                    continue
                answer = Answer(_LOST, 0, b"")
            return replace(answer, seconds=time.perf_counter() - since, was_broken=not is_kept and was_kept)
        raise AssertionError("the loop ends by returning")

    async def _once(self, sent: bytes) -> Answer:
        if self._streams is None:
            self._streams = await asyncio.open_connection("127.0.0.1", self._port)
        reader, writer = self._streams
        writer.write(sent)
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        lines = [line.partition(": ") for line in head.split("\r\n")[1:]]
        fields = {name.lower(): value for name, _, value in lines}
        body = await reader.readexactly(int(fields.get("content-length", "0")))
        if fields.get("connection", "").lower() == "close":
            self.close()
        cookies = tuple(value for name, _, value in lines if name.lower() == "set-cookie")
        return Answer(int(head.split(" ", 2)[1]), 0, body, fields.get("location", ""), cookies)

    def close(self) -> None:
        if self._streams is not None:
            self._streams[1].close()
        self._streams = None


async def _closed(port: int, sent: Sequence[Sequence[bytes]], connections: int) -> list[list[Answer]]:
    waiting = iter(enumerate(sent))
    told: list[list[Answer]] = [[] for _ in sent]

    async def work() -> None:
        line = _Line(port)
        for place, steps in waiting:
            for step in steps:
                told[place].append(await line.ask(step, time.perf_counter()))
        line.close()

    await asyncio.gather(*(work() for _ in range(connections)))
    return told


def closed(port: int, sent: Sequence[Sequence[bytes]], *, connections: int) -> list[list[Answer]]:
    """Visits, each one or more requests in a row: every connection begins the next when the last one is over."""
    return asyncio.run(_closed(port, sent, connections))


async def _at_once(port: int, sent: Sequence[Sequence[bytes]]) -> list[list[Answer]]:
    lines = [_Line(port) for _ in range(max(map(len, sent)))]
    told = []
    for group in sent:
        asked = (line.ask(one, time.perf_counter()) for line, one in zip(lines, group, strict=False))
        told.append(list(await asyncio.gather(*asked)))
    for line in lines:
        line.close()
    return told


def at_once(port: int, sent: Sequence[Sequence[bytes]]) -> list[list[Answer]]:
    """Group after group, each of its requests on a connection of its own and all at the same moment."""
    return asyncio.run(_at_once(port, sent))


async def _paced(port: int, sent: Sequence[bytes], per_second: float) -> list[Answer]:
    # The one idle longest first: the last one again and again would send most people to one worker's process, where in
    # front of the portal everybody comes by a connection of their own, which any idle worker takes.
    free: deque[_Line] = deque()

    async def ask(one: bytes, due: float) -> Answer:
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        line = free.popleft() if free else _Line(port)
        answer = await line.ask(one, due)
        free.append(line)
        return answer

    began = time.perf_counter() + 0.1
    asked = (ask(one, began + place / per_second) for place, one in enumerate(sent))
    told = await asyncio.gather(*asked)
    for line in free:
        line.close()
    return list(told)


def paced(port: int, sent: Sequence[bytes], *, per_second: float) -> list[Answer]:
    """An open loop: each request is sent when it is due, however many are still unanswered."""
    return asyncio.run(_paced(port, sent, per_second))


class Browser:
    """Somebody who comes along a way of pages: keeps cookies, follows to where an answer leads, repeats its token."""

    def __init__(self, line: "_Line") -> None:
        self._line = line
        self._cookies = {"csrftoken": "t" * 32}

    async def get(self, path: str) -> str:
        """The address the answer leads to, or the same where it is the page."""
        return await self._ask(request("GET", path, cookie=self._cookie()), path)

    async def post(self, path: str, form: dict[str, str]) -> str:
        fields = form | {"csrfmiddlewaretoken": self._cookies["csrftoken"]}
        return await self._ask(request("POST", path, cookie=self._cookie(), form=fields), path)

    def _cookie(self) -> str:
        return "; ".join(f"{name}={value}" for name, value in self._cookies.items())

    async def _ask(self, sent: bytes, path: str) -> str:
        self.answer = await self._line.ask(sent, time.perf_counter())
        for one in self.answer.cookies:
            name, _, value = one.partition(";")[0].partition("=")
            self._cookies[name] = value
        if self.answer.status not in (200, 302):
            raise RuntimeError(f"{path} answered {self.answer.status}")
        return self.answer.location or path


Way = Callable[[Browser], Awaitable[None]]


async def _walked(port: int, ways: Sequence[Way], connections: int) -> list[float]:
    waiting, took = iter(ways), []

    async def work() -> None:
        line = _Line(port)
        for way in waiting:
            began = time.perf_counter()
            await way(Browser(line))
            took.append(time.perf_counter() - began)
        line.close()

    await asyncio.gather(*(work() for _ in range(connections)))
    return took


def walked(port: int, ways: Sequence[Way], *, connections: int) -> list[float]:
    """Every way once, so many at the same time; the seconds each took."""
    return asyncio.run(_walked(port, ways, connections))


def quantile(seconds: Sequence[float], part: float) -> float:
    """In milliseconds."""
    ordered = sorted(seconds)
    return 1000 * ordered[min(len(ordered) - 1, int(part * len(ordered)))]
