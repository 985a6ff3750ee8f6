"""Ids carry their time in front; derived ones are the same on every run."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import pytest

from api.domain.ids import captured_at, derived_id, is_uuid7, reversal_id, uuid7

AT = datetime(2026, 11, 22, 10, 0, 0, 123000, tzinfo=UTC)


class TestUuid7:
    def test_it_is_version_seven_and_carries_its_moment(self):
        made = uuid7(AT)
        assert (made.version, made.variant) == (7, "specified in RFC 4122")
        assert captured_at(made) == AT

    def test_two_of_one_moment_differ_and_later_ones_sort_behind(self):
        assert uuid7(AT) != uuid7(AT)
        assert uuid7(AT) < uuid7(AT.replace(second=1))

    def test_a_moment_without_a_zone_is_refused(self):
        with pytest.raises(ValueError, match="time zone"):
            uuid7(AT.replace(tzinfo=None))


class TestDerivedId:
    def test_the_same_fact_has_the_same_id_and_a_corrected_one_another(self):
        first = derived_id(AT, "pos", "RIV|rice", 1)
        assert first == derived_id(AT, "pos", "RIV|rice", 1)
        assert first != derived_id(AT, "pos", "RIV|rice", 2)
        assert first != derived_id(AT, "pos", "RIV|flour", 1)
        assert is_uuid7(first)
        assert captured_at(first) == AT

    def test_parts_do_not_run_into_each_other(self):
        assert derived_id(AT, "pos", "1|2", 3) != derived_id(AT, "pos|1", "2", 3)


class TestReversalId:
    def test_it_lies_in_the_partition_of_what_it_reverses(self):
        movement = UUID("019ab000-0000-7000-8000-000000000001")
        assert reversal_id(movement) == reversal_id(movement)
        assert captured_at(reversal_id(movement)) == captured_at(movement)
        assert reversal_id(movement) not in {movement, reversal_id(reversal_id(movement))}
