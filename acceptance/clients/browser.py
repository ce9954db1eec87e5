"""A page as people see it: opened in a headless Chromium, with its picture."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from acceptance.clients.process import run

TIMEOUT = 60
"""Seconds that opening a page may take, including the start of the browser."""


@dataclass(frozen=True)
class Window:
    """What a page is opened in: its size in pixels, and what the device and its user ask for."""

    width: int
    height: int
    dark: bool = False
    """Whether the user prefers dark pages (CSS: prefers-color-scheme)."""
    language: str = ""
    """The user's language (`de-DE`); by default the browser's own."""
    agent: str = ""
    """The browser's name for itself; by default its real one."""
    still: bool = False
    """Whether the user wants no animations (CSS: prefers-reduced-motion)."""

    def __str__(self) -> str:
        """The size in words."""
        return f"{self.width} by {self.height} pixels"


MOBILE = (
    "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36"
)
"""How Chromium on a telephone names itself: scripts tell it by `Mobile`."""
CHROME = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"
MAC = f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {CHROME}"
WINDOWS = f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {CHROME}"
"""How Chromium names itself on a Mac (as iPads name themselves, too), and on Windows."""
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/18.5 Mobile/15E148 Safari/604.1"
)
SAFARI = (
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/18.5 Safari/605.1.15"
)
FIREFOX = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:143.0) Gecko/20100101 Firefox/143.0"
"""How Safari names itself on an iPhone and on a Mac (also on an iPad), and Firefox on a Mac."""
TABLET, PHONE = Window(820, 1180, agent=MAC), Window(390, 844, agent=MOBILE)
"""The whole screens of a tablet and of a telephone."""
DESK = Window(1920, 1080, dark=True, language="de-DE", agent=WINDOWS, still=True)
"""A large screen, with Windows, of someone who reads German, prefers dark pages, and wants no animations."""
PREFERS_DARK = "--blink-settings=preferredColorScheme=0"
"""Chromium's setting for the dark scheme; --force-dark-mode has no effect without a desktop."""
LOOKED_AT = 300_000
"""Milliseconds of a page's own time until its document and picture are taken: a page may move visitors on by then.

It costs no real time: an idle page's clock jumps from one timer to the next.
"""
UNFINISHED = "no answer yet"
"""The result of a URL still pending when the browser ended, such as a prefetch."""


@dataclass(frozen=True)
class Page:
    """What the browser rendered: the document after scripts ran, and a picture (PNG)."""

    document: str
    picture: bytes
    resources: dict[str, str]
    """The result of each URL that it loaded: an HTTP status (`200`), or a network error."""
    console: list[str]
    """The page's console output."""
    types: dict[str, str]
    """The media type of each answer; URLs not answered yet are left out."""


def find() -> Path | None:
    """This machine's browser, if there is one."""
    found = next((path for path in map(shutil.which, BROWSERS) if path), None)
    return Path(found) if found else None


def open_page(
    program: Path,
    url: str,
    *,
    domain: str,
    address: str,
    trusted: x509.Certificate | None = None,
    window: Window = TABLET,
    profile: Path | None = None,
) -> Page:
    """Open `url` in a window. All hosts of `domain` resolve to `address` (HOST:PORT), no others do.

    Scripts see LOOKED_AT milliseconds pass, which takes no longer than what they wait for.

    `profile`: the folder of what the browser keeps from visit to visit (cookies, storage, cached files); by default
    it has never been anywhere.

    `trusted` is a server certificate that the caller has verified, if its authority is not public.
    Raises AssertionError if the page never comes to rest within TIMEOUT, UserError if the browser fails.
    """
    with tempfile.TemporaryDirectory(prefix="browser-") as folder:
        picture, log = Path(folder) / "page.png", Path(folder) / "net.json"
        command: list[str | Path] = [
            program, "--headless", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars",
            "--no-first-run", "--no-proxy-server", f"--window-size={window.width},{window.height}",
            f"--virtual-time-budget={LOOKED_AT}",
            f"--user-data-dir={profile or Path(folder) / 'profile'}",
            f"--host-resolver-rules=MAP *.{domain} {address}, MAP * ~NOTFOUND",
            f"--screenshot={picture}", "--dump-dom", f"--log-net-log={log}", "--enable-logging=stderr", "--v=0",
        ]  # fmt: skip
        if os.geteuid() == 0:
            # Chromium's sandbox refuses to run as root.
            command.append("--no-sandbox")
        if window.dark:
            command.append(PREFERS_DARK)
        if window.still:
            command.append("--force-prefers-reduced-motion")
        if window.language:
            command.append(f"--accept-lang={window.language}")
        if window.agent:
            command.append(f"--user-agent={window.agent}")
        if trusted:
            command.append(f"--ignore-certificate-errors-spki-list={key_digest(trusted)}")
        try:
            ended = run([*command, url], environment={"HOME": folder}, timeout=TIMEOUT)
        except subprocess.TimeoutExpired:
            raise AssertionError(
                f"expected a page at {url}, but it keeps a browser busy for {TIMEOUT} s, like one that leads to itself"
            ) from None
        said = [line.partition("] ")[2] for line in ended.stderr.splitlines() if ":CONSOLE" in line]
        network = json.loads(log.read_text())
        return Page(ended.stdout, picture.read_bytes(), loaded(network), said, media_types(network))


def events(log: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any], int]]:
    """Name, parameters and request of each event in a log of Chromium's network (--log-net-log)."""
    names = {number: name for name, number in log["constants"]["logEventTypes"].items()}
    for event in log["events"]:
        yield names[event["type"]], event.get("params", {}), event["source"]["id"]


def loaded(log: dict[str, Any]) -> dict[str, str]:
    """The result of each URL in a log of Chromium's network."""
    urls, outcomes = {}, {}
    for name, parameters, source in events(log):
        if name == "URL_REQUEST_START_JOB" and "url" in parameters:
            urls[source] = parameters["url"]
        elif name == "HTTP_TRANSACTION_READ_RESPONSE_HEADERS":
            outcomes[source] = parameters["headers"][0].split()[1]
        elif name.startswith("HTTP2_TRANSACTION") or name == "HTTP_TRANSACTION_HTTP2_SEND_REQUEST_HEADERS":
            continue
        elif "net_error" in parameters and parameters["net_error"] < 0:
            outcomes.setdefault(source, f"network error {parameters['net_error']}")
    return {url: outcomes.get(source, UNFINISHED) for source, url in urls.items() if url.startswith("http")}


def media_types(log: dict[str, Any]) -> dict[str, str]:
    """The media type of each answer in a log of Chromium's network, by URL: empty if it named none.

    A file answered with "not modified" keeps the type of its first answer.
    """
    urls, found = {}, {}
    for name, parameters, source in events(log):
        if name == "URL_REQUEST_START_JOB" and "url" in parameters:
            urls[source] = parameters["url"]
        elif name == "HTTP_TRANSACTION_READ_RESPONSE_HEADERS" and source in urls:
            lines = (line.partition(":") for line in parameters["headers"][1:])
            told = {header.strip().lower(): value for header, _, value in lines}
            found[urls[source]] = told.get("content-type", "").partition(";")[0].strip().lower()
    return found


def key_digest(certificate: x509.Certificate) -> str:
    """The SHA-256 of a certificate's public key, in the form browsers use."""
    key = certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(hashlib.sha256(key).digest()).decode()


BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
"""The programs that pages are opened in: the first one installed is used. The first is also the name of its package.

It is headless and starts with a quarter of the work of the full browser.
"""
