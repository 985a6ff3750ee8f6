"""What keeps an import or an extraction from running at all: named, in one sentence, nothing changed.

IngestionError
├── InvalidMapping        the declared mapping cannot be read or contradicts itself
├── UnreadableFile        the file is missing, or not text in the declared encoding
│   └── WrongEncoding
├── MissingColumns        the header lacks columns that the mapping names
├── RetypedColumn         a column holds something else than it did: the till's export has changed
├── UnreachableEndpoint   a till's endpoint does not answer as declared, or may not be called
├── UnknownLocation       no such location in the operational tables
├── UnknownSupplier       no such supplier in the operational tables
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


class RetypedColumn(IngestionError):
    """A column that the mapping reads holds something else than was declared, in every row."""


class UnreachableEndpoint(IngestionError):
    """A till's endpoint does not answer, refuses, or lies where nothing may be fetched from."""


class UnknownLocation(IngestionError):
    """The location of the sales is not among the operational locations."""


class UnknownRow(IngestionError):
    """No quarantined row has that id."""


class UnrepairableRow(IngestionError):
    """A quarantined row is loaded or discarded already, or has no such column."""


class UnknownSupplier(IngestionError):
    """The supplier of a price list is not among the operational suppliers."""


class WarehouseUnreachable(IngestionError):
    """The database does not answer."""


class LoadFailed(IngestionError):
    """A load stopped half-way; what was there before is untouched."""
