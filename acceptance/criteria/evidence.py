"""Evidence of scenarios: what was seen, with secret values taken out."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable
from typing import Any

import allure
import pytest

from acceptance.base.secrecy import redact

MAXIMUM = 64_000
"""Maximum length of a piece of evidence, in characters."""


class Evidence:
    """Collects what one scenario saw."""

    def __init__(self) -> None:
        self.pieces: list[dict[str, Any]] = []
        self.stand_ins: dict[str, str] = {}

    def substitute(self, system: str, stand_in: str) -> None:
        """Record that this scenario was judged on a stand-in; its verdict will name it."""
        self.stand_ins[system] = stand_in

    def add(self, title: str, content: Any) -> None:
        """Keep `content` (text, or anything that JSON can hold) under `title`."""
        text = content if isinstance(content, str) else json.dumps(content, indent=2, default=str)
        title, text = redact(title), redact(text)
        if len(text) > MAXIMUM:
            text = text[:MAXIMUM] + f"\n... {len(text) - MAXIMUM} more characters"
        self.pieces.append({"title": title, "content": text, "time": time.time()})
        allure.attach(text, name=title, attachment_type=allure.attachment_type.TEXT)

    def add_picture(self, title: str, picture: bytes) -> None:
        """Keep a picture (PNG) under `title`."""
        encoded = base64.b64encode(picture).decode()
        self.pieces.append({"title": title, "content": "", "picture": encoded, "time": time.time()})
        allure.attach(picture, name=title, attachment_type=allure.attachment_type.PNG)


DIAGNOSE = pytest.StashKey[Callable[[float, str], dict[str, str]]]()
"""Inspects the cluster after a failure: takes its start (Unix time) and reason, returns texts by title."""
EVIDENCE = pytest.StashKey[Evidence]()
