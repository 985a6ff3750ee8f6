"""Codes in pictures: the published photographs with their published pass counts, and what is refused before parsing."""

from __future__ import annotations

import csv
import io
import struct
import time
import zlib
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageOps

from api.core.errors import Invalid, TooLarge
from api.scans.decode import MAX_BYTES, decode_image

FOLDER = Path(__file__).parents[4] / "shared" / "data" / "barcode-images"
COUNTS = FOLDER / "published-pass-counts.csv"


def published() -> list[Any]:
    """A folder of pictures, how they are turned, and how many the decoder reads by its makers' own count."""
    if not COUNTS.is_file():
        return [pytest.param(None, marks=pytest.mark.skip(reason="the photographs are not beside the project"))]
    with COUNTS.open() as lines:
        rows = [row for row in csv.DictReader(lines) if (FOLDER / row["folder"]).is_dir()]
    return [pytest.param(row, id=f"{row['folder']}-{row['rotation']}") for row in rows]


def as_png(image: Image.Image) -> bytes:
    held = io.BytesIO()
    image.save(held, "PNG", compress_level=0)
    return held.getvalue()


def turned(path: Path, rotation: str) -> bytes:
    """The file as it is, or its picture turned clockwise."""
    if rotation in {"0", "pure"}:
        return path.read_bytes()
    return as_png(ImageOps.exif_transpose(Image.open(path)).convert("L").rotate(-int(rotation), expand=True))


def expected(path: Path) -> str:
    text = path.with_suffix(".txt")
    return (
        text.read_text(encoding="utf-8") if text.is_file() else path.with_suffix(".bin").read_bytes().decode("latin-1")
    )


def plain(code: str) -> str:
    """As the expected texts are kept: without the symbology identifier of GS1, lines ended by LF."""
    bare = code[3:] if code.startswith("]") else code
    return bare.replace("\r\n", "\n").replace("\x1d", "")


def check_of(text: str) -> str:
    return plain(text).lstrip("0")  # a UPC-A may be written as an EAN-13


@pytest.mark.parametrize("row", published())
def test_no_fewer_than_published_and_none_wrong(row: dict[str, str]):
    pictures = [path for path in sorted((FOLDER / row["folder"]).iterdir()) if path.suffix in {".png", ".webp", ".jpg"}]
    assert len(pictures) == int(row["images"])
    right, wrong = 0, []
    for path in pictures:
        found = [check_of(code["code"]) for code in decode_image(turned(path, row["rotation"]))]
        right += found == [check_of(expected(path))]
        wrong += [(path.name, code) for code in found if code != check_of(expected(path))]
    assert wrong == []
    assert right >= max(int(row["min_pass_fast"]), int(row["min_pass_slow"]))


class TestPictures:
    def test_black_on_transparent_is_read(self):
        drawn = next(iter(sorted((FOLDER / "ean8-1").glob("*.png"))), None) if FOLDER.is_dir() else None
        if drawn is None:
            pytest.skip("the photographs are not beside the project")
        grey = Image.open(drawn).convert("L")
        clear = Image.merge("LA", (Image.new("L", grey.size, 0), ImageOps.invert(grey)))
        assert decode_image(as_png(clear)) == decode_image(as_png(grey)) != []


def png_header(width: int, height: int) -> bytes:
    """A PNG that promises so many pixels and holds none."""
    head = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    data = b"IDAT" + zlib.compress(b"")
    chunks = (
        struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk)) for chunk in (head, data)
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


class TestLimits:
    def test_more_bytes_than_allowed_are_not_opened(self):
        with pytest.raises(TooLarge, match="8 MB"):
            decode_image(b"\x89PNG" + bytes(MAX_BYTES))

    @pytest.mark.parametrize("side", [5_000, 60_000, 2**31 - 1])
    def test_a_picture_that_promises_too_many_pixels_is_refused_at_once(self, side):
        began = time.perf_counter()
        with pytest.raises((TooLarge, Invalid)):
            decode_image(png_header(side, side))
        assert time.perf_counter() - began < 1

    @pytest.mark.parametrize("content", [b"", b"no picture", b"%PDF-1.7", b"<svg/>", png_header(10, 10)])
    def test_what_is_no_picture_is_refused(self, content):
        with pytest.raises(Invalid) as refused:
            decode_image(content)
        assert refused.value.code == "unreadable_image"

    def test_over_http_it_is_413_and_422(self, operator):
        for content, status in ((bytes(MAX_BYTES + 1), 413), (png_header(9_000, 9_000), 413), (b"GIF89a", 422)):
            reply = operator.post("/api/scans/decode", files={"image": ("shelf.png", content)})
            assert reply.status_code == status
            assert reply.headers["content-type"] == "application/problem+json"
