"""Finding a Chromium and giving it a camera."""

from __future__ import annotations

import io
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import zxingcpp
from PIL import Image
from playwright.sync_api import Browser, Playwright

NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
FRAME = (1280, 720)


def find_chromium(playwright: Playwright) -> str | None:
    """The path of a Chromium: one that the variable CHROMIUM names, the system's, or Playwright's own."""
    candidates = [os.environ.get("CHROMIUM"), *map(shutil.which, NAMES), playwright.chromium.executable_path]
    return next((path for path in candidates if path and Path(path).exists()), None)


@contextmanager
def running(playwright: Playwright, *more_flags: str) -> Iterator[Browser]:
    """A headless browser with these flags added, closed afterwards.

    Raises:
        FileNotFoundError: there is no Chromium on this machine.
    """
    path = find_chromium(playwright)
    if path is None:
        message = "no Chromium: install chromium or Google Chrome, or run `playwright install chromium`"
        raise FileNotFoundError(message)
    browser = playwright.chromium.launch(executable_path=path, headless=True, args=[*FLAGS, *more_flags])
    try:
        yield browser
    finally:
        browser.close()


def camera_flags(film: Path) -> tuple[str, ...]:
    """Flags that make the browser take `film` for its camera and allow it without asking."""
    return (
        "--use-fake-ui-for-media-stream",
        "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-video-capture={film}",
    )


def film_of(code: str, path: Path, symbology: zxingcpp.BarcodeFormat = zxingcpp.BarcodeFormat.EAN13) -> Path:
    """A film of a still barcode in the middle of the picture, with its quiet zone; returns `path` (an `.mjpeg`)."""
    barcode = np.array(zxingcpp.create_barcode(code, symbology).to_image(scale=5, add_quiet_zones=True))
    picture = Image.new("L", FRAME, 225)
    drawn = Image.fromarray(barcode)
    picture.paste(drawn, ((FRAME[0] - drawn.width) // 2, (FRAME[1] - drawn.height) // 2))
    frame = io.BytesIO()
    picture.convert("RGB").save(frame, "JPEG", quality=90)
    path.write_bytes(frame.getvalue() * 12)
    return path
