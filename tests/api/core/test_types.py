"""The field types that stand between a request and a query."""

from __future__ import annotations

import json
from decimal import Decimal
from uuid import uuid4

import pytest
from pydantic import BaseModel, ValidationError

from api.core.types import Code, Id7, NonNegativeMoney, PositiveQuantity, Quantity, Text, UtcDateTime
from api.domain.ids import uuid7


class Weighed(BaseModel):
    quantity: Quantity


class Bought(BaseModel):
    quantity: PositiveQuantity
    price: NonNegativeMoney


class Named(BaseModel):
    name: Text


class Timed(BaseModel):
    at: UtcDateTime


class Coded(BaseModel):
    code: Code


class Keyed(BaseModel):
    id: Id7


class TestQuantity:
    @pytest.mark.parametrize(
        ("given", "written"),
        [
            ("1", "1"),
            ("41250.000000", "41250"),
            ("0.10", "0.1"),
            (2.5, "2.5"),
            (3, "3"),
            ("-0", "0"),
            ("-1.5", "-1.5"),
            ("999999999999.999999", "999999999999.999999"),
        ],
    )
    def test_a_decimal_goes_out_in_plain_notation(self, given, written):
        assert json.loads(Weighed(quantity=given).model_dump_json()) == {"quantity": written}

    @pytest.mark.parametrize(
        "given",
        ["NaN", "Infinity", "-Infinity", float("nan"), float("inf"), "1e3", 1e30, 1e-7, "1_0", "１", " 1", "1 ", "",
         "+1", ".5", "1.", "0x1", "1" * 13, "0.0000001", 2**63, True, False, None, [], {}, "1\u0000", "--1"],
    )  # fmt: skip
    def test_anything_else_is_refused(self, given):
        with pytest.raises(ValidationError):
            Weighed(quantity=given)

    def test_a_computed_value_is_rounded_and_not_refused(self):
        third = Decimal(1) / Decimal(3)
        assert Weighed(quantity=third).model_dump(mode="json") == {"quantity": "0.333333"}

    @pytest.mark.parametrize("given", ["0", "-1"])
    def test_a_positive_quantity_is_more_than_nothing(self, given):
        with pytest.raises(ValidationError, match="greater than zero"):
            Bought(quantity=given, price="0")

    def test_a_price_is_not_negative(self):
        with pytest.raises(ValidationError, match="not be negative"):
            Bought(quantity="1", price="-0.01")


class TestText:
    def test_text_is_stripped(self):
        assert Named(name="  Crème brûlée ").name == "Crème brûlée"

    @pytest.mark.parametrize("given", ["", "   ", "a\u0000b", "\ud800", "a\x1b[31m", "a\nb", "x" * 201, 5, None])
    def test_what_no_column_or_screen_should_hold_is_refused(self, given):
        with pytest.raises(ValidationError):
            Named(name=given)

    @pytest.mark.parametrize("given", ["", "-x", "a\nb", "é", "a" * 65, "a'b"])
    def test_a_code_is_plain(self, given):
        with pytest.raises(ValidationError):
            Coded(code=given)


class TestTimesAndIds:
    def test_a_time_of_any_zone_goes_out_in_utc(self):
        assert Timed(at="2026-11-22T05:00:00-05:00").model_dump(mode="json") == {"at": "2026-11-22T10:00:00Z"}

    @pytest.mark.parametrize(
        "given", ["2026-11-22T10:00:00", "yesterday", "", None, "9999999-01-01T00:00:00Z", "9999-12-31T23:59:59-14:00"]
    )
    def test_a_time_without_a_zone_is_no_time(self, given):
        with pytest.raises(ValidationError):
            Timed(at=given)

    def test_only_version_seven_ids_are_taken(self):
        assert Keyed(id=uuid7()).id.version == 7
        with pytest.raises(ValidationError, match="version 7"):
            Keyed(id=uuid4())
