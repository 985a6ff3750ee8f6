"""Codes in a picture: for browsers without a decoder of their own, and for `stockpot decode`."""

from __future__ import annotations

import io
import warnings
from typing import Any

import zxingcpp
from PIL import Image, ImageOps, UnidentifiedImageError

from api.core.errors import Invalid, TooLarge
from api.domain.gtin import expand_upc_e

MAX_BYTES = 8 * 1024 * 1024
MAX_PIXELS = 24_000_000
FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF")

SYMBOLOGIES = {
    "ITF": "itf14",
    "QRCode": "qr",
    "DataBar": "databar",
    "DataBarOmni": "databar",
    "DataBarStk": "databar",
    "DataBarStkOmni": "databar",
    "DataBarLtd": "databar",
    "DataBarExp": "databar_expanded",
    "DataBarExpStk": "databar_expanded",
}


def decode_image(picture: bytes) -> list[dict[str, Any]]:
    """Every code in a picture: `{code, symbology, position}` with the corners in pixels.

    GS1 codes keep their symbology identifier (`]C1…`) in front, so that they are read as element strings.

    Raises:
        TooLarge: more than 8 MB or 24 megapixels.
        Invalid: it is not a picture that can be read.
    """
    if len(picture) > MAX_BYTES:
        raise TooLarge("A picture may have 8 MB at most.")
    image = _open(picture)
    found = zxingcpp.read_barcodes(image, text_mode=zxingcpp.TextMode.Plain)
    return [_described(code) for code in found if code.valid]


def _open(picture: bytes) -> Image.Image:
    """The upright picture in grey; its size is checked before a pixel is decoded."""
    try:
        with warnings.catch_warnings(action="ignore", category=Image.DecompressionBombWarning):
            image = Image.open(io.BytesIO(picture), formats=FORMATS)
        if image.width * image.height > MAX_PIXELS:
            raise TooLarge("A picture may have 24 megapixels at most.")
        return ImageOps.exif_transpose(image).convert("L")
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, ValueError, SyntaxError) as error:
        raise Invalid("This is not a picture that can be read.", code="unreadable_image") from error


def _described(found: Any) -> dict[str, Any]:
    code, symbology = found.text, SYMBOLOGIES.get(found.format.name, found.format.name.lower())
    if found.content_type == zxingcpp.ContentType.GS1:
        code = found.symbology_identifier + code
    elif symbology == "upce":
        code, symbology = expand_upc_e(code), "upca"
    corners = found.position
    points = (corners.top_left, corners.top_right, corners.bottom_right, corners.bottom_left)
    return {"code": code, "symbology": symbology, "position": [(point.x, point.y) for point in points]}
