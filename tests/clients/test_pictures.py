"""Pictures are compared as people see them: a colour that nobody tells from another is no difference."""

import io

import pytest
from PIL import Image

from acceptance.clients import pictures

WHITE, GREY, BLACK, BLUE = (255, 255, 255), (250, 250, 250), (0, 0, 0), (255, 255, 100)


def png(*rows):
    """A PNG file of rows of pixels."""
    image = Image.new("RGB", (len(rows[0]), len(rows)))
    image.putdata([pixel for row in rows for pixel in row])
    written = io.BytesIO()
    image.save(written, "PNG")
    return written.getvalue()


@pytest.mark.parametrize(
    ("colour", "pixels", "differ"), [(BLACK, 2, True), (BLACK, 3, False), (GREY, 1, False), (BLUE, 2, True)]
)
def test_only_enough_pixels_that_differ_clearly_count(colour, pixels, differ):
    first, second = png([WHITE] * 4, [WHITE] * 4), png([WHITE] * 4, [WHITE, colour, colour, WHITE])
    assert pictures.differ_clearly(first, second, by=60, pixels=pixels) is differ


@pytest.mark.parametrize(("other", "said"), [(b"blank", "not a picture"), (png([WHITE] * 5), "different sizes")])
def test_what_cannot_be_compared_is_told(other, said):
    with pytest.raises(ValueError, match=said):
        pictures.differ_clearly(png([WHITE] * 4), other, by=60, pixels=1)
