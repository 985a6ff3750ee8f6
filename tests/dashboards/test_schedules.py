"""Schedules in words and as cron fields."""

from __future__ import annotations

from datetime import time

import pytest

from dashboards import schedules


class TestCron:
    @pytest.mark.parametrize("rhythm", schedules.RHYTHMS)
    def test_words_become_fields_and_fields_the_same_words(self, rhythm: str):
        fields = schedules.cron(rhythm, time(6, 30))
        assert fields is not None
        assert schedules.rhythm_of(fields) == (rhythm, time(6, 30))
        assert schedules.in_words(fields) == f"{rhythm} at 06:30"

    def test_never_is_no_schedule(self):
        assert schedules.cron(schedules.NEVER, time(6)) is None
        assert schedules.in_words(None) == "only when asked"

    @pytest.mark.parametrize("fields", ["*/5 * * * *", "0 6 * * 2,4", "0 6-8 * * *"])
    def test_what_has_no_words_stands_as_it_is(self, fields: str):
        assert schedules.rhythm_of(fields) is None
        assert schedules.in_words(fields) == f"cron {fields}"


class TestCode:
    @pytest.mark.parametrize(
        ("name", "code"),
        [("Monday's waste, Harbour", "monday_s_waste_harbour"), ("7 days", "report_7_days"), ("Größe", "gr_e")],
    )
    def test_a_name_becomes_a_code_that_the_service_takes(self, name: str, code: str):
        assert schedules.code_of(name) == code
