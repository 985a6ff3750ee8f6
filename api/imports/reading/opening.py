"""Opening a file by what it is, not by what it is called."""

from __future__ import annotations

import re
from typing import BinaryIO

from api.imports.errors import BadFileName, UnreadableFile
from api.imports.mapping import FileFormat
from api.imports.reading.table import Table
from api.imports.reading.text import open_text
from api.imports.reading.xlsx import open_xlsx

OLD_WORKBOOK = bytes.fromhex("d0cf11e0a1b11ae1")
ARCHIVE = b"PK\x03\x04"
BAD_NAME = re.compile(r"[\\/\x00-\x1f\x7f\ud800-\udfff]|^\.+$")


def checked_name(name: str | None) -> str:
    """The file's name as it may be shown; nothing is ever written under it.

    Raises:
        BadFileName: it has folders, dots alone or control characters in it, or more than 200 characters.
    """
    name = (name or "").strip()
    if not name or len(name) > 200 or BAD_NAME.search(name):
        raise BadFileName("Give the file a plain name without folders, such as catalog.csv.")
    return name


def open_table(file: BinaryIO, form: FileFormat) -> Table:
    """The file's header and rows.

    Raises:
        UnreadableFile: it is empty, or neither CSV nor XLSX.
        FileTooLarge: it is larger than an import takes; rows raise it too while they are read.
    """
    file.seek(0)
    start = file.read(8)
    if not start:
        raise UnreadableFile("The file is empty.", code="empty_file")
    if start == OLD_WORKBOOK:
        raise UnreadableFile("This is a workbook of the old kind (.xls): save it as .xlsx or CSV.", code="old_workbook")
    table = open_xlsx(file, form) if start.startswith(ARCHIVE) else open_text(file, form)
    if not any(table.header):
        raise UnreadableFile("The file has no rows.", code="empty_file")
    return table
