"""Pictures as PNG: whether two differ so clearly that people see it. Source: PNG specification, 9 and 13.9."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

SIGNATURE = b"\x89PNG\r\n\x1a\n"
BYTES = {2: 3, 6: 4}
"""Bytes of a pixel by colour type: RGB, and RGB with transparency, which Chromium's screenshots have."""
NONE, SUB, UP, AVERAGE, PAETH = range(5)
"""The filters of a row."""


def chunks(picture: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The type and the data of each part of a PNG file."""
    at = len(SIGNATURE)
    while at < len(picture):
        (size,) = struct.unpack(">I", picture[at : at + 4])
        yield picture[at + 4 : at + 8], picture[at + 8 : at + 8 + size]
        at += 12 + size


def form(picture: bytes) -> tuple[int, int, int]:
    """Width and height of a picture in pixels, and the bytes of each pixel.

    Raises ValueError unless it is a PNG of the form that Chromium writes: RGB, 8 bits, not interlaced.
    """
    if not picture.startswith(SIGNATURE):
        raise ValueError("not a PNG file")
    width, height, depth, colour, _, _, interlaced = struct.unpack(">IIBBBBB", next(chunks(picture))[1])
    if depth != 8 or colour not in BYTES or interlaced:
        raise ValueError(f"a PNG of colour type {colour} with {depth} bits, interlaced: {bool(interlaced)}")
    return width, height, BYTES[colour]


def rows(picture: bytes) -> Iterator[bytes]:
    """The rows of a picture, from the top. Raises ValueError, as `form` does."""
    width, _, step = form(picture)
    size, content = width * step, zlib.decompress(b"".join(data for kind, data in chunks(picture) if kind == b"IDAT"))
    above = bytes(size)
    for at in range(0, len(content), size + 1):
        above = unfiltered(content[at], content[at + 1 : at + 1 + size], above, step)
        yield above


def unfiltered(kind: int, row: bytes, above: bytes, step: int) -> bytes:
    """A row from its filtered bytes and the row above it; `step`: bytes of a pixel."""
    if kind == NONE:
        return row
    if kind in (UP, PAETH) and not any(row):
        # A row without changes, as most of a page are: the one above it.
        return above
    made = bytearray(row)
    for at, value in enumerate(row):
        left, corner = (made[at - step], above[at - step]) if at >= step else (0, 0)
        made[at] = (value + predicted(kind, left, above[at], corner)) & 255
    return bytes(made)


def predicted(kind: int, left: int, above: int, corner: int) -> int:
    """What a filter expects a byte to be, by those of its neighbours. Source: PNG specification, 9.2."""
    if kind == PAETH:
        return paeth(left, above, corner)
    return {SUB: left, UP: above, AVERAGE: (left + above) // 2}[kind]


def paeth(left: int, above: int, corner: int) -> int:
    """The neighbour that is nearest to their linear continuation. Source: PNG specification, 9.4."""
    to_left, to_above, to_corner = abs(above - corner), abs(left - corner), abs(left + above - 2 * corner)
    if to_left <= to_above and to_left <= to_corner:
        return left
    return above if to_above <= to_corner else corner


def differ_clearly(first: bytes, second: bytes, *, by: int, pixels: int) -> bool:
    """Whether two pictures differ by more than `by` of 255, in some channel, in at least so many pixels.

    Raises ValueError if one has another form than Chromium's, or if their sizes differ.
    """
    if (about := form(first)) != form(second):
        raise ValueError("pictures of different sizes")
    count = 0
    for row, beside in zip(rows(first), rows(second), strict=True):
        if row != beside:
            pairs = enumerate(zip(row, beside, strict=True))
            count += len({at // about[2] for at, (one, other) in pairs if abs(one - other) > by})
        if count >= pixels:
            return True
    return False
