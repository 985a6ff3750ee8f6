"""What keeps an import or an extraction from running at all: named, in one sentence, nothing changed.

IngestionError
├── InvalidMapping        the declared mapping cannot be read or contradicts itself
├── UnreadableFile        the file is missing, or not text in the declared encoding
│   └── WrongEncoding
├── MissingColumns        the header lacks columns that the mapping names
├── UnknownLocation       no such location in the operational tables
├── WarehouseUnreachable  the database does not answer
├── UnknownRow            no such row in quarantine
├── UnrepairableRow       a quarantined row cannot be changed that way
└── LoadFailed            dlt gave up; the message is its own root cause
"""

from __future__ import annotations


class IngestionError(Exception):
    """The base: its message is one sentence for the person who started the import."""


class InvalidMapping(IngestionError):
    """The mapping file cannot be read, names an unknown key, or misses a needed one."""


class UnreadableFile(IngestionError):
    """The file cannot be opened, or is not the CSV that was declared."""


class WrongEncoding(UnreadableFile):
    """The file's bytes are not text in the declared encoding."""


class MissingColumns(IngestionError):
    """The header lacks columns that the mapping names."""


class UnknownLocation(IngestionError):
    """The location of the sales is not among the operational locations."""


class UnknownRow(IngestionError):
    """No quarantined row has that id."""


class UnrepairableRow(IngestionError):
    """A quarantined row is loaded or discarded already, or has no such column."""


class WarehouseUnreachable(IngestionError):
    """The database does not answer."""


class LoadFailed(IngestionError):
    """A load stopped half-way; what was there before is untouched."""
