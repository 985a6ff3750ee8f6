"""A scan is read plainly where it can be, and means the same as when it is read with care."""

from __future__ import annotations

import json
from uuid import uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from api.core.access import Principal
from api.domain.ids import uuid7
from api.scans.planning import Capture
from api.scans.schemas import PlainBatch, Scan, ScanBatch

PERSON = Principal(uuid4(), "user")
BASE = {"id": str(uuid7()), "code": "5000119309235", "location_id": str(uuid4()), "action": "issue"}

SIGNS = st.sampled_from("aZ7 -é٣\x00\x09\x1d\x1e\x7f\x85\u2028\ud800😀")
TEXTS = st.one_of(st.none(), st.text(SIGNS, max_size=70))
EXTRAS = st.fixed_dictionaries(
    {},
    optional={
        "code": TEXTS,
        "symbology": TEXTS,
        "quantity": st.one_of(
            st.none(),
            st.sampled_from(
                ["1", "2.5", "0", "-1", "1e2", "1_0", "٣", "1.", " 1", "NaN", "1234567890123", "0.0000001"]
            ),
            st.integers(-5, 5),
            st.floats(),
        ),
        "action": st.sampled_from(["receive", "issue", "waste", "count", "transfer", "lookup", "steal"]),
        "unit": TEXTS,
        "lot": TEXTS,
        "expires_on": st.sampled_from([None, "2026-12-01", "2026-13-01", "2026-12-01T00:00:00", 5]),
        "occurred_at": st.sampled_from(
            [None, "2026-11-20T12:00:00Z", "2026-11-20T12:00:00+02:00", "2026-11-20T12:00:00", "noon", 1763640000]
        ),
        "device_id": TEXTS,
        "sequence": st.one_of(st.none(), st.integers(-1, 2**64), st.booleans()),
        "to_location_id": st.sampled_from([None, str(uuid4()), "nowhere"]),
        "id": st.sampled_from([str(uuid4()), str(uuid7()).upper(), str(uuid7()).replace("-", "")]),
        "surprise": st.just(1),
    },
)


class TestPlainBatch:
    @settings(deadline=None, max_examples=200)
    @given(more=EXTRAS)
    def test_what_is_read_plainly_is_the_same_scan(self, more):
        body = json.dumps({"scans": [BASE | more]})
        try:
            (plainly,) = PlainBatch.model_validate_json(body).scans
        except ValidationError:
            return  # it is read with care
        (carefully,) = ScanBatch.model_validate_json(body).scans
        assert isinstance(carefully, Scan)
        for name in Scan.model_fields:
            assert getattr(plainly, name) == getattr(carefully, name), name
        assert Capture.of(plainly, PERSON).content == Capture.of(carefully, PERSON).content

    def test_what_scanners_write_is_read_plainly(self):
        full = {"symbology": "ean13", "quantity": "2.5", "unit": "kg", "occurred_at": "2026-11-20T12:00:00Z"}
        (scan,) = PlainBatch.model_validate_json(json.dumps({"scans": [BASE | full | {"sequence": 7}]})).scans
        assert (str(scan.quantity), scan.sequence) == ("2.5", 7)

    @pytest.mark.parametrize("body", ["", "[]", '{"scans": []}', '{"scans": [{}]}', '{"scans": [], "more": 1}'])
    def test_what_is_no_batch_is_left_to_careful_reading(self, body):
        with pytest.raises(ValidationError):
            PlainBatch.model_validate_json(body)
