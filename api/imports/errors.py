"""What keeps an import from running at all; a bad row never does.

ApiError
├── NotFound
│   ├── ImportNotFound
│   └── RowNotFound
├── Invalid
│   ├── BadFileName      a name with folders in it
│   ├── UnreadableFile   no CSV or XLSX that can be read: encoding, structure, an archive that lies
│   ├── InvalidMapping   the mapping cannot be read, contradicts itself, or names columns that are not there
│   └── UnknownSupplier  no such supplier
├── TooLarge
│   └── FileTooLarge     more rows, columns or unpacked bytes than an import takes
└── Conflict
    └── RowLoaded        the row was loaded: it is edited where it now lives
"""

from __future__ import annotations

from api.core.errors import Conflict, Invalid, NotFound, TooLarge


class ImportNotFound(NotFound):
    """There is no such import, or none that this person may see."""

    code = "import_not_found"


class RowNotFound(NotFound):
    """The import has no row of this line."""

    code = "import_row_not_found"


class BadFileName(Invalid):
    """The file's name has folders, dots alone or control characters in it."""

    code = "bad_file_name"


class UnreadableFile(Invalid):
    """The file is no table that can be read; the detail says why and what to do."""

    code = "unreadable_file"


class InvalidMapping(Invalid):
    """The mapping cannot be used with this file."""

    code = "invalid_mapping"


class UnknownSupplier(Invalid):
    """There is no supplier of this code."""

    code = "unknown_supplier"


class FileTooLarge(TooLarge):
    """The file unpacks to more than an import takes."""

    code = "file_too_large"


class RowLoaded(Conflict):
    """The row was loaded already."""

    code = "row_loaded"
