"""`decode`: read the barcodes on pictures, as the server does for cameras without a decoder."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from infra.cli.output import Json, answer_json, answer_table
from infra.local.errors import CannotRunError


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(decode)


def decode(
    images: Annotated[list[Path], typer.Argument(help="Pictures: JPEG, PNG, WebP …")],
    *,
    as_json: Json = False,
) -> int:
    """Read the barcodes on pictures: stockpot decode shelf.jpg crate.png.

    Exit code 1 when a picture shows no code, 2 when a file cannot be read as a picture.
    """
    found = [(image, _codes_on(image)) for image in images]
    if as_json:
        answer_json([{"image": str(image), "codes": codes} for image, codes in found])
    else:
        rows = [[image, *_shown(code)] for image, codes in found for code in codes or [{}]]
        answer_table(["image", "symbology", "code"], rows)
    return 0 if all(codes for _, codes in found) else 1


def _shown(code: dict[str, Any]) -> tuple[str, str]:
    return str(code.get("symbology", "")), str(code.get("code", "no code found"))


def _codes_on(image: Path) -> list[dict[str, Any]]:
    """The codes on one picture; CannotRunError where the file is none."""
    try:
        content = image.read_bytes()
    except OSError as error:
        raise CannotRunError(f"cannot read {image}: {error.strerror}") from error
    from api.core.errors import ApiError
    from api.scans.decode import decode_image

    try:
        return decode_image(content)
    except ApiError as error:
        raise CannotRunError(f"cannot decode {image}: {error.detail}") from error
