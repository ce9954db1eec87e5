"""Requests for a page that are in flight when a pod of the frontend is deleted. Source: 14.4.

A page is sent at once, so only a request that takes its time to arrive can be in flight. A server need not wait for one
whose header lines are incomplete, and several close its connection when they end. nginx waits if it is told to end by
SIGQUIT, and cuts off whatever it handles if it is told by SIGTERM: it is judged, where it says that it is nginx.
"""

from __future__ import annotations

import http.client
import socket
import threading
import time

import requests

from acceptance.base.deadlines import HEALTHY_AGAIN
from acceptance.base.waiting import eventually
from acceptance.drivers.api.slow_requests import LINES, PIECES
from acceptance.drivers.operations.last_requests import TakenAway
from acceptance.drivers.services.copies import Copy, copy_of

PATH = "/"
WAITS = "nginx"
"""The server that finishes requests which are arriving, as it names itself in `Server`."""
PATIENCE = 30
"""Seconds to wait for a server that takes no more of a request, or sends no more of an answer."""


def get_slowly(base: str, seconds: float) -> int:
    """The status of a GET whose header lines arrive over `seconds`, once its answer is there in full.

    Raises OSError or http.client.HTTPException if it is cut off.
    """
    name = base.removeprefix("http://")
    host, _, port = name.rpartition(":")
    with socket.create_connection((host, int(port)), timeout=PATIENCE) as line:
        line.sendall(f"GET {PATH} HTTP/1.1\r\nHost: {name}\r\n".encode())
        for number in range(PIECES):
            # This sleep waits for no condition: it simulates a slow connection.
            time.sleep(seconds / PIECES)
            line.sendall(f"X-Piece: {number}\r\n".encode())
        line.sendall(b"Connection: close\r\n\r\n")
        answer = http.client.HTTPResponse(line)
        answer.begin()
        answer.read()
        return answer.status


def wrong_page(base: str, expected: int, seconds: float) -> str:
    """How a slow GET was cut off, or got another status than one that is sent at once; empty if neither."""
    try:
        status = get_slowly(base, seconds)
    except (OSError, http.client.HTTPException) as error:
        return f"no whole answer to GET {PATH}: {type(error).__name__} {error}".strip()
    return "" if status == expected else f"GET {PATH} answered {status}; sent at once, {expected}"


class PagesTakenAway(TakenAway):
    """A copy of the frontend, deleted while LINES such GETs are on their way to it.

    If some are cut off, another copy, which stays, shows whether the frontend waits for so slow a request at all.
    """

    untold = ""
    """Why the requests that were lost say nothing of the copy's end."""

    def run(self) -> None:
        """The thread: as for other services, and with a copy that stays where requests were lost."""
        super().run()
        if not self.lost:
            return
        try:
            with copy_of(self.service, {}) as copy:
                wrong = wrong_page(*self.asked_at_once(copy), seconds=self.seconds)
            self.untold = f"a copy that stays cuts such a request off, too: {wrong}" if wrong else ""
        except Exception as error:
            self.failed.append(error)

    def begin(self, _: requests.Session, copy: Copy) -> list[threading.Thread]:
        """Ask once, then send slowly, each in a thread."""
        asked = self.asked_at_once(copy)
        if self.untold:
            return []
        lines = [threading.Thread(target=self.ask_slowly, args=asked, daemon=True) for _ in range(LINES)]
        for line in lines:
            line.start()
        return lines

    def asked_at_once(self, copy: Copy) -> tuple[str, int]:
        """Where a copy is, and the status of its page; network policies may know the new pod a moment later."""
        api = copy.api(self.through)
        answer = eventually(lambda: api.get(PATH), within=HEALTHY_AGAIN, what=f"an answer of {copy.name}")
        if WAITS not in answer.headers.get("Server", "").lower():
            self.untold = f"the frontend does not say that it is {WAITS}"
        return api.base, answer.status_code

    def ask_slowly(self, base: str, expected: int) -> None:
        """Send one request; note whether it was answered."""
        wrong = wrong_page(base, expected, self.seconds)
        self.answered += not wrong
        self.lost += [wrong] if wrong else []

    def judged(self) -> dict[str, int | str]:
        """Wait for the last answers; return how many there are, or why they are not judged.

        Raises AssertionError if a request was cut, or what kept the copy from being asked.
        """
        self.__exit__()
        if self.untold and not self.failed:
            return {"not judged": self.untold}
        return dict(self.assert_nothing_lost())
