"""Texts and archives that are in base64 within another text. Source: 5.4, 5.5."""

from __future__ import annotations

import base64
import re

ENCODED = re.compile(r"[\w+/=-]{24,}")
WRAPPED = re.compile(r"(?:^[ \t]*[A-Za-z0-9+/]{24,}[ \t]*\r?\n)+[ \t]*[A-Za-z0-9+/]*={0,2}", re.MULTILINE)
"""Base64 on several lines, all of them full but the last one."""
ARCHIVES = {
    "gzip": "\x1f\ufffd",
    "zip": "PK\x03\x04",
    "xz": "\ufffd7zXZ",
    "bzip2": "BZh",
    "zstd": "(\ufffd/\ufffd",
    "7z": "7z\ufffd\ufffd'\x1c",
}
"""How archives begin, read as text: their contents are not searched."""
IN_BASE64 = {
    kind: re.compile(rf"(?<![A-Za-z0-9+/=_-]){start}[A-Za-z0-9+/_-]{{24,}}")
    for kind, start in {
        "gzip": "H4sI[A-H]",
        "zip": "UEsDB[A-P]",
        "xz": "[/_]Td6WFoA",
        "zstd": "KLUv[/_][Q-Za-f]",
    }.items()
}
"""How archives of 24 bytes or more begin in base64: by the first bytes of the file, with the method of gzip."""


def archives_in(text: str) -> list[str]:
    """The kinds of archives that a text has in base64, or in base64 within base64: their contents are not searched."""
    parts = (text, *decoded_parts(text))
    return [kind for kind, pattern in IN_BASE64.items() if any(pattern.search(part) for part in parts)]


def searched_of(text: str) -> str:
    """A text, also without NULs, and its base64 parts decoded."""
    # UTF-16 has a NUL beside each ASCII character.
    return "\n".join((text, text.replace("\0", ""), *decoded_parts(text)))


def decoded_parts(text: str) -> list[str]:
    """The parts of a text in base64, on one line or several, that decode to text, and the parts of these."""
    parts = decoded_once(text)
    return parts + [inner for part in parts for inner in decoded_once(part)]


def decoded_once(text: str) -> list[str]:
    """The parts of a text in base64, on one line or several, that decode to text."""
    parts = []
    for word in (*ENCODED.findall(text), *("".join(lines.split()) for lines in WRAPPED.findall(text))):
        try:
            parts.append(base64.b64decode(word + "=" * (-len(word) % 4), validate=True).decode())
        except ValueError:
            continue
    return parts
