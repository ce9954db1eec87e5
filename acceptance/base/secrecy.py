"""Registers secrets and redacts them: by value, in all the encodings they turn up in. Source: design, "Security"."""

from __future__ import annotations

import base64
import html
import itertools
import json
import re
import threading
import urllib.parse
from collections.abc import Callable
from pathlib import Path

SHORTEST = 6
"""Shorter values and lines are not treated as secrets: they would match everywhere."""
WORD = 8
"""Minimum length of a word that is secret by itself, as part of a multi-line value."""
LONG = 32
"""Values this long are also found when the middle was cut out, as pytest does with long values."""
GRAM = 12
"""This many characters of a long value are enough to locate a part of it."""
STRIDE = 4
MARK = "[redacted]"
IN_URLS = "!#$%&'()*+,/:;=?@[]~"
"""The characters that requests leaves unescaped in a URL."""
TOKEN = re.compile(r"[\w+/=.~-]+", re.ASCII)
RUN = re.compile(rf"[\w+/=.~-]{{{GRAM},}}", re.ASCII)
LINES = (64, 76)
"""Columns at which programs wrap base64."""


class Register:
    """Secret values, and every form of them that may turn up in text. Threads may register and redact at once."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.values: set[str] = set()
        self.listeners: list[Callable[[str], None]] = []
        self.forms: tuple[str, ...] = ()
        self.grams: dict[str, list[tuple[str, int]]] = {}

    def add(self, value: str) -> None:
        """Register a value."""
        if len(value.strip()) < SHORTEST or value in self.values:
            return
        with self.lock:
            self.values.add(value)
            new = forms(value) - set(self.forms)
            for form in new:
                for gram, offset in grams(form):
                    self.grams.setdefault(gram, []).append((form, offset))
            # Longest first: a value that contains another is replaced as a whole.
            self.forms = tuple(sorted({*self.forms, *new}, key=len, reverse=True))
        for listener in self.listeners:
            listener(value)

    def redact(self, text: str) -> str:
        """`text` without any of the values."""
        for form in self.forms:
            if form in text:
                text = text.replace(form, MARK)
        return RUN.sub(self.without_parts, text) if self.grams else text

    def without_parts(self, match: re.Match[str]) -> str:
        """A run of token characters with parts of long secrets removed."""
        run, kept, position, after = match[0], [], 0, 0
        while position <= len(run) - GRAM:
            spans = [
                span_of_part(run, position, form, offset)
                for form, offset in self.grams.get(run[position : position + GRAM], ())
            ]
            if spans:
                begin, end = max(min(begin for begin, _ in spans), after), max(end for _, end in spans)
                kept += [run[after:begin], MARK]
                position = after = end
            else:
                position += STRIDE
        return "".join([*kept, run[after:]])


REGISTER = Register()
"""This process's secrets. What learns a secret registers it, what writes text redacts it."""


def register_secret(value: str) -> str:
    """Register a secret value so that no evidence or report shows it; return the value."""
    REGISTER.add(value)
    return value


def when_registered(listener: Callable[[str], None]) -> None:
    """Call `listener` with each secret that is registered from now on."""
    REGISTER.listeners.append(listener)


def redact(text: str) -> str:
    """`text` without any registered secret value, in whatever encoding.

    A megabyte takes a fifth of a second with a hundred secrets registered.
    """
    return REGISTER.redact(text)


def redact_file(path: Path, start: int = 0) -> bool:
    """Redact a file of any kind, from byte `start` on; return whether it held secrets."""
    with path.open("rb") as file:
        file.seek(start)
        # Bytes that are not text round-trip unchanged.
        before = file.read().decode("utf-8", "surrogateescape")
    after = redact(before)
    if after == before:
        return False
    with path.open("r+b") as file:
        file.truncate(start)
        file.seek(start)
        file.write(after.encode("utf-8", "surrogateescape"))
    return True


def redact_folder(folder: Path, newer_than: int = 0) -> bool:
    """Redact all files below `folder` changed after a time (nanoseconds); return whether any held a secret."""
    files = [path for path in sorted(folder.rglob("*")) if path.is_file() and not path.is_symlink()]
    found = [path for path in files if path.stat().st_mtime_ns > newer_than and redact_file(path)]
    return bool(found)


def forms(value: str) -> set[str]:
    """The forms a value takes: verbatim, escaped, quoted, encoded, and line by line."""
    value = value.strip()
    texts = {value, *parts(value)}
    texts |= {escape(text) for text in texts for escape in (in_json, in_json_as_is, in_python, in_bytes)}
    # Twice, because JSON may be nested in JSON.
    texts |= {in_json(text) for text in texts}
    found = {form for text in texts for form in quoted(text)}
    return {form for form in found | encoded(value) if len(form) >= SHORTEST}


def in_json(text: str) -> str:
    """What JSON has between its quotes, in ASCII."""
    return json.dumps(text)[1:-1]


def in_json_as_is(text: str) -> str:
    """What JSON has between its quotes where non-ASCII letters are not escaped."""
    return json.dumps(text, ensure_ascii=False)[1:-1]


def in_python(text: str) -> str:
    """What Python's repr has between its quotes."""
    return repr(text)[1:-1]


def in_bytes(text: str) -> str:
    """What the repr of its bytes has between its quotes."""
    return repr(text.encode())[2:-1]


def parts(value: str) -> set[str]:
    """The parts of a multi-line value that are secret by themselves, such as a key's lines."""
    lines = [line.strip() for line in value.splitlines()]
    if len(lines) < 2:
        return set()
    if lines[0].startswith("-----BEGIN"):
        return {line for line in lines if len(line) >= SHORTEST and not line.startswith("-----")}
    words = {word for line in lines for word in [line, *re.split(r"[\s\"',;]+", line)]}
    return {word for word in words if len(word) >= (WORD if is_mixed(word) else 2 * WORD) and not is_address(word)}


def is_mixed(word: str) -> bool:
    """Whether a word has letters and digits, with enough variety."""
    return bool(re.search(r"\d", word) and re.search(r"[A-Za-z]", word)) and len(set(word)) >= SHORTEST


def is_address(word: str) -> bool:
    """Whether a word is a URL without a password, which appears in many places."""
    return "://" in word and "@" not in word


def quoted(text: str) -> set[str]:
    """A text as it appears in URLs, in HTML and XML, and between the quotes of shells, YAML and SQL."""
    percent = [urllib.parse.quote(text, safe=safe) for safe in ("", "/", IN_URLS)] + [urllib.parse.quote_plus(text)]
    lower = [re.sub("%[0-9A-F]{2}", lambda match: match[0].lower(), form) for form in percent]
    markup = [html.escape(text, quote=False), html.escape(text), html.escape(text).replace("&quot;", "&#34;")]
    markup.append(markup[-1].replace("&#x27;", "&#39;"))
    markup.append(html.escape(text, quote=False).replace('"', "&quot;"))
    return {text, *percent, *lower, *markup, text.replace("'", "''"), text.replace("'", "'\"'\"'")}


def encoded(value: str) -> set[str]:
    """A value in hexadecimal and base64: alone, in wrapped lines, and with data before and after it."""
    found = set()
    # Basic authentication takes Latin-1.
    for data in {value.encode(), value.encode("latin-1", "replace")}:
        found |= {data.hex(), data.hex().upper()}
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            alone = encode(data).decode()
            found.add(alone)
            found |= {
                line
                for width in LINES
                for line in (alone[at : at + width] for at in range(0, len(alone), width))
                if len(line) >= 2 * WORD
            }
            for before in range(3):
                # Characters that share bits with neighbouring data cannot be known.
                text = encode(bytes(before) + data).decode().rstrip("=")
                end = len(text) - bool((before + len(data)) % 3)
                found.add(text[before and before + 1 : end])
    return found


def grams(form: str) -> list[tuple[str, int]]:
    """Short parts of a long token that identify it, each with its offset."""
    if len(form) < LONG or not TOKEN.fullmatch(form) or not is_random(form):
        return []
    every = [(form[at : at + GRAM], at) for at in range(len(form) - GRAM + 1)]
    return [(gram, at) for gram, at in every if len(set(gram)) >= SHORTEST]


def is_random(token: str) -> bool:
    """Whether upper and lower case, digits and other characters alternate as they never do in words."""
    kinds = [(letter.islower(), letter.isupper(), letter.isdigit()) for letter in token]
    return sum(kind != following for kind, following in itertools.pairwise(kinds)) > 0.3 * len(token)


def span_of_part(run: str, position: int, form: str, offset: int) -> tuple[int, int]:
    """Start and end of the part of `form` found in `run`, given that `position` in it matches `offset`."""
    begin = end = 0
    while begin < min(position, offset) and run[position - begin - 1] == form[offset - begin - 1]:
        begin += 1
    while position + end < len(run) and offset + end < len(form) and run[position + end] == form[offset + end]:
        end += 1
    return position - begin, position + end
