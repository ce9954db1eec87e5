"""What is secret, and texts without it: by value, in the forms that it takes on its way. Source: design, "Security"."""

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
"""Values and lines of fewer characters are no secrets by themselves: they would be found everywhere."""
WORD = 8
"""Least length of a word that is secret by itself, as a part of a value of several lines."""
LONG = 32
"""Values of so many characters are found where a part of them was cut out, too, as pytest does with long values."""
GRAM = 12
"""So many characters of a long value tell where a part of it is."""
STRIDE = 4
MARK = "[redacted]"
IN_URLS = "!#$%&'()*+,/:;=?@[]~"
"""What requests leaves as it is in an address."""
TOKEN = re.compile(r"[\w+/=.~-]+", re.ASCII)
RUN = re.compile(rf"[\w+/=.~-]{{{GRAM},}}", re.ASCII)
LINES = (64, 76)
"""Columns at which programs wrap base64."""

_lock = threading.Lock()
_values: set[str] = set()
_listeners: list[Callable[[str], None]] = []
_forms: tuple[str, ...] = ()
_grams: dict[str, list[tuple[str, int]]] = {}


def register_secret(value: str) -> str:
    """Register a secret value, so that no evidence or report shows it; return it."""
    global _forms
    if len(value.strip()) >= SHORTEST and value not in _values:
        with _lock:
            _values.add(value)
            new = forms(value) - set(_forms)
            for form in new:
                for gram, offset in grams(form):
                    _grams.setdefault(gram, []).append((form, offset))
            # The longest first: what holds another goes as a whole.
            _forms = tuple(sorted({*_forms, *new}, key=len, reverse=True))
        for listener in _listeners:
            listener(value)
    return value


def when_registered(listener: Callable[[str], None]) -> None:
    """Have `listener` told of each secret that is registered from now on."""
    _listeners.append(listener)


def redact(text: str) -> str:
    """`text` without any registered secret value, whatever its form.

    A megabyte takes a fifth of a second where a hundred secrets are known.
    """
    for form in _forms:
        if form in text:
            text = text.replace(form, MARK)
    return RUN.sub(without_parts, text) if _grams else text


def redact_file(path: Path, start: int = 0) -> bool:
    """Take secrets out of a file of any kind, from byte `start` on; whether there were any."""
    with path.open("rb") as file:
        file.seek(start)
        # Bytes that are no text come back as they were.
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
    """Take secrets out of all files below `folder` that changed after a moment (nanoseconds); whether any had one."""
    files = [path for path in sorted(folder.rglob("*")) if path.is_file() and not path.is_symlink()]
    found = [path for path in files if path.stat().st_mtime_ns > newer_than and redact_file(path)]
    return bool(found)


def forms(value: str) -> set[str]:
    """What a value looks like: as it is, escaped, quoted, encoded, and line by line."""
    value = value.strip()
    texts = {value, *parts(value)}
    texts |= {escape(text) for text in texts for escape in (in_json, in_json_as_is, in_python, in_bytes)}
    # Twice, for JSON holds JSON.
    texts |= {in_json(text) for text in texts}
    found = {form for text in texts for form in quoted(text)}
    return {form for form in found | encoded(value) if len(form) >= SHORTEST}


def in_json(text: str) -> str:
    """What JSON has between its quotes, in ASCII."""
    return json.dumps(text)[1:-1]


def in_json_as_is(text: str) -> str:
    """What JSON has between its quotes where letters of all languages stay as they are."""
    return json.dumps(text, ensure_ascii=False)[1:-1]


def in_python(text: str) -> str:
    """What Python's repr has between its quotes."""
    return repr(text)[1:-1]


def in_bytes(text: str) -> str:
    """What the repr of its bytes has between its quotes."""
    return repr(text.encode())[2:-1]


def parts(value: str) -> set[str]:
    """What is secret by itself in a value of several lines, which is shown line by line: a key's lines, say."""
    lines = [line.strip() for line in value.splitlines()]
    if len(lines) < 2:
        return set()
    if lines[0].startswith("-----BEGIN"):
        return {line for line in lines if len(line) >= SHORTEST and not line.startswith("-----")}
    words = {word for line in lines for word in [line, *re.split(r"[\s\"',;]+", line)]}
    return {word for word in words if len(word) >= (WORD if is_mixed(word) else 2 * WORD) and not is_address(word)}


def is_mixed(word: str) -> bool:
    """Whether a word has letters and digits, and not the same few of them."""
    return bool(re.search(r"\d", word) and re.search(r"[A-Za-z]", word)) and len(set(word)) >= SHORTEST


def is_address(word: str) -> bool:
    """Whether a word is a URL without a password, which much else names."""
    return "://" in word and "@" not in word


def quoted(text: str) -> set[str]:
    """A text in addresses, in HTML and XML, and between the quotes of shells, YAML and SQL."""
    percent = [urllib.parse.quote(text, safe=safe) for safe in ("", "/", IN_URLS)] + [urllib.parse.quote_plus(text)]
    lower = [re.sub("%[0-9A-F]{2}", lambda match: match[0].lower(), form) for form in percent]
    markup = [html.escape(text, quote=False), html.escape(text), html.escape(text).replace("&quot;", "&#34;")]
    markup.append(markup[-1].replace("&#x27;", "&#39;"))
    markup.append(html.escape(text, quote=False).replace('"', "&quot;"))
    return {text, *percent, *lower, *markup, text.replace("'", "''"), text.replace("'", "'\"'\"'")}


def encoded(value: str) -> set[str]:
    """A value in hexadecimal, and in base64: alone, in wrapped lines, and after and before something else."""
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
                # Characters that hold bits of what is before or after are not known.
                text = encode(bytes(before) + data).decode().rstrip("=")
                end = len(text) - bool((before + len(data)) % 3)
                found.add(text[before and before + 1 : end])
    return found


def grams(form: str) -> list[tuple[str, int]]:
    """Short parts of a long token that tell it from other text, each with its place in it."""
    if len(form) < LONG or not TOKEN.fullmatch(form) or not is_random(form):
        return []
    every = [(form[at : at + GRAM], at) for at in range(len(form) - GRAM + 1)]
    return [(gram, at) for gram, at in every if len(set(gram)) >= SHORTEST]


def is_random(token: str) -> bool:
    """Whether small and capital letters, digits and the rest follow each other as they do in no words."""
    kinds = [(letter.islower(), letter.isupper(), letter.isdigit()) for letter in token]
    return sum(kind != following for kind, following in itertools.pairwise(kinds)) > 0.3 * len(token)


def without_parts(match: re.Match[str]) -> str:
    """A run of token characters without parts of long secrets."""
    run, kept, position, after = match[0], [], 0, 0
    while position <= len(run) - GRAM:
        spans = [
            span_of_part(run, position, form, offset)
            for form, offset in _grams.get(run[position : position + GRAM], ())
        ]
        if spans:
            begin, end = max(min(begin for begin, _ in spans), after), max(end for _, end in spans)
            kept += [run[after:begin], MARK]
            position = after = end
        else:
            position += STRIDE
    return "".join([*kept, run[after:]])


def span_of_part(run: str, position: int, form: str, offset: int) -> tuple[int, int]:
    """From where to where a part of `form` is in `run`, where the characters at `position` are those at `offset`."""
    begin = end = 0
    while begin < min(position, offset) and run[position - begin - 1] == form[offset - begin - 1]:
        begin += 1
    while position + end < len(run) and offset + end < len(form) and run[position + end] == form[offset + end]:
        end += 1
    return position - begin, position + end
