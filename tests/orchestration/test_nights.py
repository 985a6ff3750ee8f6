"""When a business day is over, by the restaurant's own clock, on the nights when clocks are changed too."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestration.lib.nights import closes_at, due_nights, last_day_over, read_cursor, read_zones, write_cursor

FOUR = time(4)
SYDNEY, BERLIN, NEW_YORK = "Australia/Sydney", "Europe/Berlin", "America/New_York"
CHAIN = {SYDNEY: FOUR, BERLIN: FOUR, NEW_YORK: FOUR}


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc, arg-type]


class TestClosing:
    @pytest.mark.parametrize(
        ("day", "zone", "cutoff", "closing"),
        [
            pytest.param(date(2026, 11, 21), BERLIN, FOUR, utc(2026, 11, 22, 3), id="winter: 04:00 is 03:00 UTC"),
            pytest.param(date(2026, 7, 21), BERLIN, FOUR, utc(2026, 7, 22, 2), id="summer: 04:00 is 02:00 UTC"),
            # 29 March 2026: 02:00 becomes 03:00. There is no 02:30; the wall shows 03:30 half an hour after the change.
            pytest.param(date(2026, 3, 28), BERLIN, time(2, 30), utc(2026, 3, 29, 1, 30), id="a cut-off in the gap"),
            # 25 October 2026: 03:00 becomes 02:00. The second 02:30 is an hour after the first.
            pytest.param(date(2026, 10, 24), BERLIN, time(2, 30), utc(2026, 10, 25, 1, 30), id="a cut-off twice"),
            pytest.param(date(2026, 11, 21), SYDNEY, FOUR, utc(2026, 11, 21, 17), id="over in the east first"),
            # Lord Howe's clocks move by half an hour.
            pytest.param(date(2026, 4, 4), "Australia/Lord_Howe", time(1, 45), utc(2026, 4, 4, 15, 15), id="half hour"),
        ],
    )
    def test_by_the_restaurants_own_clock(self, day: date, zone: str, cutoff: time, closing: datetime) -> None:
        assert closes_at(day, zone, cutoff) == closing

    @given(
        start=st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 30), timezones=st.just(UTC)),
        minutes=st.integers(1, 60 * 30),
        zone=st.sampled_from([BERLIN, NEW_YORK, SYDNEY, "America/Santiago", "Pacific/Apia", "Australia/Lord_Howe"]),
        cutoff=st.times(time(0), time(6)).map(lambda one: one.replace(second=0, microsecond=0)),
    )
    def test_no_day_is_over_twice_and_none_is_left_out(
        self, start: datetime, minutes: int, zone: str, cutoff: time
    ) -> None:
        later = start + timedelta(minutes=minutes)
        first, second = last_day_over(start, zone, cutoff), last_day_over(later, zone, cutoff)
        assert first <= second <= first + timedelta(days=1 + minutes // (22 * 60))
        assert (
            closes_at(second, zone, cutoff)
            <= later
            < closes_at(second + timedelta(days=1), zone, cutoff) + timedelta(minutes=30)
        )


class TestDue:
    def test_a_zone_that_nobody_watched_is_noted_not_run(self) -> None:
        nights, known = due_nights(utc(2026, 11, 22, 12), CHAIN, {})
        assert nights == []
        assert known == {SYDNEY: date(2026, 11, 21), BERLIN: date(2026, 11, 21), NEW_YORK: date(2026, 11, 21)}

    def test_each_zone_has_its_night_and_the_last_one_is_whole(self) -> None:
        """Sydney closes the 22nd at 17:00 UTC, Berlin at 03:00, New York at 09:00; half an hour later runs are due."""
        known = dict.fromkeys(CHAIN, date(2026, 11, 21))
        seen = []
        now = utc(2026, 11, 22, 12)
        while now < utc(2026, 11, 23, 12):
            nights, known = due_nights(now, CHAIN, known)
            seen += [(now, night.zones, night.day, night.is_whole) for night in nights]
            now += timedelta(minutes=1)
        day = date(2026, 11, 22)
        assert seen == [
            (utc(2026, 11, 22, 17, 30), (SYDNEY,), day, False),
            (utc(2026, 11, 23, 3, 30), (BERLIN,), day, False),
            (utc(2026, 11, 23, 9, 30), (NEW_YORK,), day, True),
        ]

    def test_after_an_outage_the_newest_night_is_run_once_for_all(self) -> None:
        known = dict.fromkeys(CHAIN, date(2026, 11, 18))
        nights, known = due_nights(utc(2026, 11, 22, 10), CHAIN, known)
        assert [(night.day, night.zones, night.is_whole) for night in nights] == [
            (date(2026, 11, 21), tuple(sorted(CHAIN)), True)
        ]
        assert due_nights(utc(2026, 11, 22, 10, 1), CHAIN, known)[0] == []

    def test_a_restaurant_in_a_new_zone_is_taken_along(self) -> None:
        known = {BERLIN: date(2026, 11, 21)}
        nights, known = due_nights(utc(2026, 11, 22, 10), CHAIN, known)
        assert nights == []
        assert set(known) == set(CHAIN)

    def test_the_cursor_comes_back(self) -> None:
        known = {BERLIN: date(2026, 11, 21)}
        assert read_cursor(write_cursor(known)) == known
        assert read_cursor(None) == {}


@pytest.mark.pipeline
class TestZones:
    def test_the_operational_database_says_which(self, kitchen) -> None:
        kitchen.execute(
            "insert into locations (code, name, time_zone, currency, day_cutoff, is_active) values"
            " ('LON2', 'Late', 'Europe/London', 'GBP', '05:30', true), ('OLD', 'Old', 'Asia/Tokyo', 'JPY', '04:00', false)"
        )
        assert read_zones(kitchen.pipeline_url) == {"Europe/London": time(5, 30)}
