"""Codes in a picture: for browsers without a decoder of their own, and for `stockpot decode`."""

from __future__ import annotations

import io
import warnings
from typing import Any

import zxingcpp
from PIL import Image, ImageFilter, ImageOps, UnidentifiedImageError

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


# What kitchens and their suppliers print; the more formats are tried, the more shelves and grids read as a code.
FORMATS_READ = (
    zxingcpp.BarcodeFormat.AllRetail,
    zxingcpp.BarcodeFormat.AllGS1,
    zxingcpp.BarcodeFormat.Code128,
    zxingcpp.BarcodeFormat.Code39,
    zxingcpp.BarcodeFormat.Code93,
    zxingcpp.BarcodeFormat.ITF,
    zxingcpp.BarcodeFormat.QRCode,
    zxingcpp.BarcodeFormat.MicroQRCode,
    zxingcpp.BarcodeFormat.DataMatrix,
    zxingcpp.BarcodeFormat.Aztec,
    zxingcpp.BarcodeFormat.PDF417,
)
# Once the picture is changed to get something out of it, only codes that prove themselves are believed.
FORMATS_BELIEVED = (
    zxingcpp.BarcodeFormat.EAN13,
    zxingcpp.BarcodeFormat.UPCA,
    zxingcpp.BarcodeFormat.Code128,
    zxingcpp.BarcodeFormat.DataBarExp,
    zxingcpp.BarcodeFormat.QRCode,
    zxingcpp.BarcodeFormat.DataMatrix,
    zxingcpp.BarcodeFormat.Aztec,
    zxingcpp.BarcodeFormat.PDF417,
)
ENLARGED_PIXELS = 4_000_000
"""Pictures that have fewer once enlarged are tried twice as large; larger ones have detail enough."""


def decode_image(picture: bytes) -> list[dict[str, Any]]:
    """Every code in a picture, once: `{code, symbology, position}` with the corners in pixels.

    GS1 codes keep their symbology identifier (`]C1…`) in front, so that they are read as element strings. Where nothing
    is found at first, the picture is tried with another threshold, enlarged, and sharpened.

    Raises:
        TooLarge: more than 8 MB or 24 megapixels.
        Invalid: it is not a picture that can be read.
    """
    if len(picture) > MAX_BYTES:
        raise TooLarge("A picture may have 8 MB at most.")
    image = _open(picture)
    found = _read(image, FORMATS_READ) or _try_harder(image)
    return list({(code["code"], code["symbology"]): code for code in reversed(found)}.values())[::-1]


def _read(
    image: Image.Image,
    formats: Any,
    *,
    scale: int = 1,
    binarizer: zxingcpp.Binarizer = zxingcpp.Binarizer.LocalAverage,
) -> list[dict[str, Any]]:
    """The codes that are whole; corners in the pixels of the picture before it was enlarged."""
    found = zxingcpp.read_barcodes(image, formats=formats, text_mode=zxingcpp.TextMode.Plain, binarizer=binarizer)
    return [_described(code, scale) for code in found if code.valid]


def _try_harder(image: Image.Image) -> list[dict[str, Any]]:
    found = _read(image, FORMATS_BELIEVED, binarizer=zxingcpp.Binarizer.GlobalHistogram)
    if not found and image.width * image.height * 4 <= ENLARGED_PIXELS:
        larger = image.resize((image.width * 2, image.height * 2), Image.Resampling.BICUBIC)
        found = _read(larger, FORMATS_BELIEVED, scale=2)
    return found or _read(image.filter(ImageFilter.UnsharpMask(3, 200, 0)), FORMATS_BELIEVED)


def _open(picture: bytes) -> Image.Image:
    """The upright picture in grey, what is transparent white; its size is checked before a pixel is decoded."""
    try:
        with warnings.catch_warnings(action="ignore", category=Image.DecompressionBombWarning):
            image = Image.open(io.BytesIO(picture), formats=FORMATS)
        if image.width * image.height > MAX_PIXELS:
            raise TooLarge("A picture may have 24 megapixels at most.")
        upright = ImageOps.exif_transpose(image)
        if upright.has_transparency_data:
            seen = upright.convert("RGBA")
            upright = Image.alpha_composite(Image.new("RGBA", seen.size, "white"), seen)
        return upright.convert("L")
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, ValueError, SyntaxError) as error:
        raise Invalid("This is not a picture that can be read.", code="unreadable_image") from error


def _described(found: Any, scale: int) -> dict[str, Any]:
    # Content of which only the bytes are known (an unknown character set) is shown byte by byte.
    code = found.text or bytes(found.bytes).decode("latin-1")
    symbology = SYMBOLOGIES.get(found.format.name, found.format.name.lower())
    if found.content_type == zxingcpp.ContentType.GS1:
        code = found.symbology_identifier + code
    elif symbology == "upce":
        code, symbology = expand_upc_e(code), "upca"
    corners = found.position
    points = (corners.top_left, corners.top_right, corners.bottom_right, corners.bottom_left)
    return {
        "code": code,
        "symbology": symbology,
        "position": [(point.x // scale, point.y // scale) for point in points],
    }
