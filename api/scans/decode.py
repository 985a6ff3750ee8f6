"""Codes in a picture: for browsers without a decoder of their own, and for `stockpot decode`."""

from __future__ import annotations

import io
import warnings
from math import hypot
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
# Bars of one of these are now and then read as another one too, one in a thousand where bars fall between pixels.
FORMATS_MISTAKEN = (zxingcpp.BarcodeFormat.EAN13, zxingcpp.BarcodeFormat.UPCA, zxingcpp.BarcodeFormat.EAN8)
MISTAKEN = {"ean13", "upca", "ean8"}
TIMES_ENLARGED = (1.5, 2.0, 3.0)
BESIDE = 2
"""Pixels."""
ENLARGED_PIXELS = 4_000_000
"""Pictures that have fewer once enlarged are tried twice as large; larger ones have detail enough."""


def decode_image(picture: bytes) -> list[dict[str, Any]]:
    """Every code in a picture, once: `{code, symbology, position}` with the corners in pixels.

    GS1 codes keep their symbology identifier (`]C1…`) in front, so that they are read as element strings. Where nothing
    is found at first, the picture is tried with another threshold, enlarged, and sharpened. Of two readings of the same
    bars the one that stays when they are enlarged is the code.

    Raises:
        TooLarge: more than 8 MB or 24 megapixels.
        Invalid: it is not a picture that can be read.
    """
    if len(picture) > MAX_BYTES:
        raise TooLarge("A picture may have 8 MB at most.")
    image = _open(picture)
    found = _settled(image, _read(image, FORMATS_READ) or _try_harder(image))
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


def _settled(image: Image.Image, found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Without the second readings of bars that were read as two different codes; where nothing tells, without both."""
    kept = []
    for code in found:
        rivals = [other for other in found if code["code"] != other["code"] and _share_bars(code, other)]
        if not rivals or _stays(image, code, rivals):
            kept.append(code)
    return kept


def _stays(image: Image.Image, code: dict[str, Any], rivals: list[dict[str, Any]]) -> bool:
    """Whether a code is read however much its bars are enlarged, and none of its rivals is."""
    left, top, right, bottom = _box([code, *rivals])
    margin = right - left  # a code needs quiet zones, and may lie slanted
    part = image.crop((max(0, left - margin), max(0, top - margin), right + margin, bottom + margin))
    always = {each["code"] for each in (code, *rivals)}
    for times in TIMES_ENLARGED:
        larger = part.resize((round(part.width * times), round(part.height * times)), Image.Resampling.BICUBIC)
        always &= {each["code"] for each in _read(larger, FORMATS_MISTAKEN)}
    return always == {code["code"]}


def _share_bars(one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Whether the middle of one of two retail codes lies on the other."""
    if not {one["symbology"], other["symbology"]} <= MISTAKEN:
        return False
    return _covers(one, _middle(other)) or _covers(other, _middle(one))


def _middle(code: dict[str, Any]) -> tuple[float, float]:
    across, down = zip(*code["position"], strict=True)
    return sum(across) / 4, sum(down) / 4


def _covers(code: dict[str, Any], point: tuple[float, float]) -> bool:
    """Whether a point is inside the four corners, or two pixels beside them: a reading may be one row high."""
    corners = code["position"]
    distances = []
    for (x, y), (next_x, next_y) in zip(corners, [*corners[1:], corners[0]], strict=True):
        length = hypot(next_x - x, next_y - y)
        if length:
            distances.append(((next_x - x) * (point[1] - y) - (next_y - y) * (point[0] - x)) / length)
    return min(distances, default=0) >= -BESIDE or max(distances, default=0) <= BESIDE


def _box(codes: list[dict[str, Any]]) -> tuple[int, int, int, int]:
    """Left, top, right and bottom of what the codes cover."""
    across, down = zip(*(point for code in codes for point in code["position"]), strict=True)
    return min(across), min(down), max(across), max(down)


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
