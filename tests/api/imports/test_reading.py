"""Files as people save them: encodings, delimiters, workbooks; and those that are refused by name."""

from __future__ import annotations

import io
import zipfile

import pytest
import xlsxwriter

from api.core.errors import ApiError
from api.imports.cells import BadCell, cleaned, code
from api.imports.mapping import FileFormat
from api.imports.reading import xlsx
from api.imports.reading.opening import checked_name, open_table
from api.imports.reading.xlsx import plain_number

TEXT = "sku;name\n1;Crème brûlée\n2;Jalapeño – hot\n"


def table(content: bytes, **form: object):
    """Header, rows, and how the file was read."""
    found = open_table(io.BytesIO(content), FileFormat.model_validate(form))
    return found.header, list(found.rows), found


def refused(content: bytes, **form: object) -> str:
    with pytest.raises(ApiError) as error:
        table(content, **form)
    return error.value.code


def workbook(rows: list[list[object]], sheet: str = "Prices") -> bytes:
    content = io.BytesIO()
    with xlsxwriter.Workbook(content, {"in_memory": True}) as book:
        page = book.add_worksheet(sheet)
        for line, row in enumerate(rows):
            for column, value in enumerate(row):
                page.write(line, column, value)
    return content.getvalue()


def packed(**parts: bytes) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    return content.getvalue()


def sheet(xml: bytes, **more: bytes) -> bytes:
    """A workbook whose only sheet is this text."""
    book = b'<workbook xmlns:r="r"><sheets><sheet name="S" r:id="a"/></sheets></workbook>'
    relations = b'<Relationships><Relationship Id="a" Target="worksheets/sheet1.xml"/></Relationships>'
    parts = {"xl/workbook.xml": book, "xl/_rels/workbook.xml.rels": relations, "xl/worksheets/sheet1.xml": xml}
    return packed(**parts, **more)


class TestText:
    @pytest.mark.parametrize(
        ("encoding", "found"),
        [
            ("utf-8", "utf-8"),
            ("utf-8-sig", "utf-8"),
            ("utf-16", "utf-16"),
            ("utf-16-le", "utf-16-le"),
            ("utf-16-be", "utf-16-be"),
            ("cp1252", "cp1252"),
        ],
    )
    def test_the_encoding_is_told_from_the_content(self, encoding: str, found: str):
        header, rows, opened = table(TEXT.encode(encoding))
        assert (header, rows[1], opened.encoding) == (["sku", "name"], (3, ["2", "Jalapeño – hot"]), found)

    @pytest.mark.parametrize(
        ("content", "reason"),
        [
            (b"", "empty_file"),
            (b"\n\n", "empty_file"),
            (TEXT.encode("utf-32"), "unknown_encoding"),
            (b"sku\n\x81\x8d\n", "unknown_encoding"),
            (b"sku\n\x00\x01\x02\n", "not_text"),
            (bytes.fromhex("d0cf11e0a1b11ae1") + b"x" * 600, "old_workbook"),
            (b"PK\x03\x04 and nothing behind it", "not_a_workbook"),
            (b'sku\n"' + b"x," * 200_000, "unreadable_csv"),
        ],
        ids=["empty", "blank", "utf-32", "undefined bytes", "NUL", "xls", "cut archive", "open quote"],
    )
    def test_what_cannot_be_read_is_refused_by_name(self, content: bytes, reason: str):
        assert refused(content) == reason

    def test_a_declared_encoding_must_fit(self):
        assert refused(TEXT.encode("cp1252"), encoding="utf-8") == "wrong_encoding"

    @pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"], ids=["comma", "semicolon", "tab", "bar"])
    def test_the_delimiter_is_told_from_the_first_lines(self, delimiter: str):
        content = "sku;name;price\n1;Rice, long;2\n2;Oil;3\n".replace(";", delimiter).replace(
            "Rice, long", '"Rice, long"'
        )
        _, rows, opened = table(content.encode())
        assert (opened.delimiter, rows[0]) == (delimiter, (2, ["1", "Rice, long", "2"]))

    def test_lines_are_those_of_an_editor(self):
        _, rows, _ = table(b'sku,name\n\n1,"two\nlines"\n2,x\n')
        assert [line for line, _ in rows] == [3, 5]

    def test_without_a_header_columns_are_numbered(self):
        header, rows, _ = table(b"1,Rice\n2,Oil\n", has_header=False)
        assert (header, rows[0]) == (["1", "2"], (1, ["1", "Rice"]))


class TestWorkbook:
    def test_cells_are_what_the_spreadsheet_shows(self):
        """A number is kept as a float: 2.35 is written as 2.3500000000000001, a long code as 5000119309235."""
        content = workbook(
            [["sku", "price", "ean", "yes"], ["A", 2.35, 5000119309235, True], ["", "", "", None], ["B", 0.1 + 0.2]]
        )
        header, rows, opened = table(content)
        assert (opened.format, header) == ("xlsx", ["sku", "price", "ean", "yes"])
        assert rows == [(2, ["A", "2.35", "5000119309235", "true"]), (4, ["B", "0.3", "", ""])]

    def test_a_sheet_is_found_by_its_name(self):
        content = workbook([["a"], ["1"]], sheet="Prices")
        assert table(content, sheet="Prices")[0] == ["a"]
        assert refused(content, sheet="Stock") == "unknown_sheet"

    @pytest.mark.parametrize(
        ("content", "reason"),
        [
            (
                sheet(b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><a><row><c><v>&e;</v></c></row></a>'),
                "doctype",
            ),
            (packed(**{"../../etc/cron.d/x": b"x"}), "climbing_name"),
            (packed(**{"hello.txt": b"x"}), "not_a_workbook"),
            (sheet(b"<a><row>"), "not_a_workbook"),
            (sheet(b"<a>" + b"<row>" + b"<c/>" * 1_000 + b"</row></a>"), "too_large"),
            (sheet(b"<a>" * 100), "too_large"),
        ],
        ids=["entity", "climbing name", "no workbook", "cut sheet", "wide row", "deep"],
    )
    def test_a_hostile_one_is_refused_by_name(self, content: bytes, reason: str):
        assert refused(content).endswith(reason)

    def test_one_that_unpacks_to_too_much_is_refused_unopened(self, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setattr(xlsx, "SMALL", 1000)
        assert refused(sheet(b"<a>" + b"<row/>" * 100_000 + b"</a>")) == "file_too_large"

    @pytest.mark.parametrize(
        ("written", "shown"),
        [
            ("2.3500000000000001", "2.35"),
            ("5.000119309235E12", "5000119309235"),
            ("1E-05", "0.00001"),
            ("12", "12"),
            ("x", "x"),
        ],
    )
    def test_numbers_are_shown_with_fifteen_digits(self, written: str, shown: str):
        assert plain_number(written) == shown


class TestNames:
    @pytest.mark.parametrize("name", ["../../etc/passwd", "a/b.csv", "a\\b.csv", "..", "", None, "a\0.csv", "x" * 201])
    def test_a_name_with_folders_is_refused(self, name: str | None):
        with pytest.raises(ApiError) as error:
            checked_name(name)
        assert error.value.code == "bad_file_name"


class TestCodes:
    @pytest.mark.parametrize(
        ("text", "kept"),
        [
            ("5000119309235", ("05000119309235", "ean13")),
            ("5 000119 309235", ("05000119309235", "ean13")),
            ("5000119309235.0", ("05000119309235", "ean13")),
            ("96385074", ("00000096385074", "ean8")),
            ("4011", ("4011", "internal")),
            ("SHELF-7", ("SHELF-7", "internal")),
        ],
    )
    def test_a_code_is_kept_in_one_form(self, text: str, kept: tuple[str, str]):
        assert code(text) == kept

    def test_eight_digits_that_are_two_codes_wait(self):
        """01234558 fits EAN-8; as UPC-E it is 0 12345 0 0000 5 8 only where that check digit fits too."""
        both = next(
            text for number in range(10**6) if _is_both(text := f"0{number:06d}0"[:7] + _digit(f"0{number:06d}"[:7]))
        )
        with pytest.raises(BadCell) as error:
            code(both)
        assert error.value.code == "ambiguous_code"

    @pytest.mark.parametrize(
        ("cell", "text"), [("'=1+1", "=1+1"), ('="0123"', "0123"), ("'0123", "0123"), ("'n roll", "'n roll")]
    )
    def test_what_protects_a_cell_from_a_spreadsheet_is_taken_off(self, cell: str, text: str):
        assert cleaned(cell) == text


def _digit(body: str) -> str:
    from api.domain.gtin import check_digit

    return str(check_digit(body))


def _is_both(text: str) -> bool:
    from api.domain.gtin import expand_upc_e

    try:
        expand_upc_e(text)
    except ValueError:
        return False
    return True
