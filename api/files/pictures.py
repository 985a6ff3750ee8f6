"""Pictures that people upload: verified, made small, and written anew, so that nothing but pixels is kept."""

from __future__ import annotations

import io
import warnings
from dataclasses import dataclass

from PIL import Image, ImageOps, UnidentifiedImageError

from api.core.errors import Invalid, TooLarge

MAX_BYTES = 8 * 1024 * 1024
MAX_PIXELS = 24_000_000
LONGEST_EDGE = 2048
QUALITY = 85
FORMATS = ("JPEG", "PNG", "WEBP")


class UnreadablePicture(Invalid):
    """Not a JPEG, PNG or WebP picture, or a broken one."""

    code = "unreadable_image"


@dataclass(frozen=True, slots=True)
class Picture:
    """A JPEG without EXIF, comments, profiles or anything else that a camera added."""

    jpeg: bytes
    width: int
    height: int


def clean_picture(upload: bytes) -> Picture:
    """The upright picture as a new JPEG, at most 2048 pixels long.

    Raises:
        TooLarge: more than 8 MB, or than 24 megapixels; neither is decoded.
        UnreadablePicture: it is not a whole JPEG, PNG or WebP.
    """
    if len(upload) > MAX_BYTES:
        raise TooLarge("A picture may have 8 MB at most.")
    try:
        with warnings.catch_warnings(action="ignore", category=Image.DecompressionBombWarning):
            image = Image.open(io.BytesIO(upload), formats=FORMATS)
        if image.width * image.height > MAX_PIXELS:
            raise TooLarge("A picture may have 24 megapixels at most.")
        return _written_anew(image)
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, ValueError, SyntaxError, EOFError) as error:
        raise UnreadablePicture("Send a JPEG, PNG or WebP picture that is whole.") from error


def _written_anew(image: Image.Image) -> Picture:
    """Pixels alone are copied: a new image carries no metadata that an encoder could pass on."""
    image.draft("RGB", (LONGEST_EDGE, LONGEST_EDGE))  # a JPEG is then decoded at a fraction of its size
    upright = ImageOps.exif_transpose(image).convert("RGBA")
    upright.thumbnail((LONGEST_EDGE, LONGEST_EDGE))
    clean = Image.new("RGB", upright.size, "white")
    clean.paste(upright, mask=upright.getchannel("A"))
    written = io.BytesIO()
    clean.save(written, "JPEG", quality=QUALITY, optimize=True)
    return Picture(written.getvalue(), clean.width, clean.height)
