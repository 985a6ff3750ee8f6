"""Uploaded pictures: only pixels are kept, and nothing is decoded that is too large."""

from __future__ import annotations

import io
import struct
import zlib

import pytest
from PIL import Image, ImageDraw

from api.core.errors import TooLarge
from api.files.pictures import MAX_BYTES, UnreadablePicture, clean_picture


def picture(form: str, size=(64, 32), **more) -> bytes:
    """Beet on the left, leaf on the right."""
    image = Image.new("RGB", size, "#1f6f43")
    ImageDraw.Draw(image).rectangle((0, 0, size[0] // 2, size[1]), fill="#a31f34")
    written = io.BytesIO()
    image.save(written, form, **more)
    return written.getvalue()


def read(jpeg: bytes) -> Image.Image:
    return Image.open(io.BytesIO(jpeg), formats=("JPEG",))


class TestCleanPicture:
    @pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
    def test_each_kind_becomes_a_jpeg_of_the_same_pixels(self, form):
        clean = clean_picture(picture(form))
        red, green, _ = read(clean.jpeg).getpixel((5, 5))
        assert (clean.width, clean.height, red > green) == (64, 32, True)

    def test_place_camera_comment_and_profile_are_gone(self):
        exif = Image.Exif()
        exif[0x010F] = "SECRETCAMERA"
        exif.get_ifd(0x8825)[1] = "N"
        upload = picture("JPEG", exif=exif, comment=b"SECRETPLACE", icc_profile=b"SECRETPROFILE" * 20)
        assert upload.count(b"SECRET") >= 3
        kept = clean_picture(upload).jpeg
        assert b"SECRET" not in kept
        assert (len(read(kept).getexif()), set(read(kept).info) & {"exif", "comment", "icc_profile"}) == (0, set())

    def test_it_stands_upright_as_the_camera_meant_it(self):
        exif = Image.Exif()
        exif[0x0112] = 6  # turn a quarter to the right to see it
        clean = clean_picture(picture("JPEG", exif=exif))
        red, green, _ = read(clean.jpeg).getpixel((16, 5))
        assert (clean.width, clean.height, red > green) == (32, 64, True)

    def test_a_large_one_is_made_smaller(self):
        clean = clean_picture(picture("PNG", (4000, 1000)))
        assert (clean.width, clean.height) == (2048, 512)

    def test_transparent_becomes_white(self):
        written = io.BytesIO()
        Image.new("RGBA", (8, 8), (0, 0, 0, 0)).save(written, "PNG")
        assert min(read(clean_picture(written.getvalue()).jpeg).getpixel((4, 4))) > 250

    @pytest.mark.parametrize(
        "upload",
        [
            b"",
            b"GIF89a",
            b"<svg xmlns='http://www.w3.org/2000/svg'/>",
            picture("GIF"),
            picture("JPEG")[:-200],
            b"\xff\xd8\xff",
        ],
        ids=["empty", "cut gif", "svg", "gif", "cut jpeg", "only a beginning"],
    )
    def test_what_is_no_whole_picture_of_these_kinds_is_refused(self, upload):
        with pytest.raises(UnreadablePicture):
            clean_picture(upload)

    def test_too_many_bytes_are_not_looked_at(self):
        with pytest.raises(TooLarge, match="8 MB"):
            clean_picture(picture("JPEG") + b"\0" * MAX_BYTES)

    def test_a_bomb_is_refused_by_its_header(self):
        """A PNG of a few bytes that says it has 10,000 × 10,000 pixels."""
        header = struct.pack(">IIBBBBB", 10_000, 10_000, 8, 2, 0, 0, 0)
        chunk = b"IHDR" + header
        bomb = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + chunk + struct.pack(">I", zlib.crc32(chunk))
        with pytest.raises(TooLarge, match="megapixels"):
            clean_picture(bomb + struct.pack(">I", 0) + b"IDAT" + struct.pack(">I", zlib.crc32(b"IDAT")))
