"""Pictures as files: whether two differ so clearly that people see it."""

from __future__ import annotations

import io

from PIL import Image, ImageChops


def differ_clearly(first: bytes, second: bytes, *, by: int, pixels: int) -> bool:
    """Whether two pictures differ by more than `by` of 255, in some channel, in at least so many pixels.

    Raises ValueError if one is no picture, or if their sizes differ.
    """
    # Pillow's UnidentifiedImageError is an OSError.
    try:
        one, other = (Image.open(io.BytesIO(picture)).convert("RGB") for picture in (first, second))
    except OSError as error:
        raise ValueError(f"not a picture: {error}") from error
    if one.size != other.size:
        raise ValueError(f"pictures of different sizes: {one.size} and {other.size}")
    red, green, blue = ImageChops.difference(one, other).split()
    most = ImageChops.lighter(ImageChops.lighter(red, green), blue)
    return sum(most.histogram()[by + 1 :]) >= pixels
