"""Pictures are compared as people see them: a colour that nobody tells from another is no difference."""

import struct
import zlib

import pytest

from acceptance.clients import pictures

WHITE, GREY, BLACK = (255, 255, 255), (250, 250, 250), (0, 0, 0)


def png(rows, filters=None, form=(8, 2, 0, 0, 0)):
    """A PNG file of rows of pixels, each filtered as told (as it is, by default)."""
    plain = [bytes(byte for pixel in row for byte in pixel) for row in rows]
    size, content, above = len(plain[0]), b"", bytes(len(plain[0]))
    for kind, row in zip(filters or [0] * len(rows), plain, strict=True):
        made = bytearray(size)
        for at, value in enumerate(row):
            left, corner = (row[at - 3], above[at - 3]) if at >= 3 else (0, 0)
            made[at] = (value - (pictures.predicted(kind, left, above[at], corner) if kind else 0)) & 255
        content, above = content + bytes([kind]) + bytes(made), row
    header = struct.pack(">IIBBBBB", len(rows[0]), len(rows), *form)
    parts = [(b"IHDR", header), (b"IDAT", zlib.compress(content)), (b"IEND", b"")]
    return pictures.SIGNATURE + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in parts
    )


ROWS = [[(at * 7 % 256, line * 31 % 256, at * line % 256) for at in range(9)] for line in range(6)]


@pytest.mark.parametrize("kind", range(5))
def test_each_filter_of_a_row_is_undone(kind):
    found = [*pictures.rows(png(ROWS, [0] + [kind] * 5))]
    assert found == [bytes(byte for pixel in row for byte in pixel) for row in ROWS]


@pytest.mark.parametrize("kind", range(5))
def test_rows_like_the_one_above_are_read(kind):
    found = [*pictures.rows(png([ROWS[3]] * 4, [0] + [kind] * 3))]
    assert found == [bytes(byte for pixel in ROWS[3] for byte in pixel)] * 4


@pytest.mark.parametrize(("colour", "pixels", "differ"), [(BLACK, 2, True), (BLACK, 3, False), (GREY, 1, False)])
def test_only_enough_pixels_that_differ_clearly_count(colour, pixels, differ):
    first, second = png([[WHITE] * 4] * 2), png([[WHITE] * 4, [WHITE, colour, colour, WHITE]])
    assert pictures.differ_clearly(first, second, by=60, pixels=pixels) is differ


@pytest.mark.parametrize(
    ("other", "said"),
    [
        (b"blank", "not a PNG"),
        (png([[WHITE] * 4], form=(8, 3, 0, 0, 0)), "colour type 3"),
        (png([[WHITE] * 5]), "different sizes"),
    ],
)
def test_what_cannot_be_compared_is_told(other, said):
    with pytest.raises(ValueError, match=said):
        pictures.differ_clearly(png([[WHITE] * 4]), other, by=60, pixels=1)
