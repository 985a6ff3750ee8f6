from __future__ import annotations

from datetime import UTC, datetime, time

from api.notifications.timing import JOINING, Habits, leaves_at

NEW_YORK = "America/New_York"
NOON = datetime(2026, 11, 18, 17, tzinfo=UTC)  # 12:00 in New York


class TestLeavesAt:
    def test_at_once_but_for_the_moment_in_which_others_may_join(self):
        assert leaves_at(NOON, Habits()) == NOON + JOINING

    def test_quiet_hours_are_those_of_the_place(self):
        night = Habits(time(22), time(7))
        assert leaves_at(NOON, night, NEW_YORK) == NOON + JOINING
        late = datetime(2026, 11, 19, 4, tzinfo=UTC)  # 23:00 on the 18th in New York
        assert leaves_at(late, night, NEW_YORK) == datetime(2026, 11, 19, 12, tzinfo=UTC)
        early = datetime(2026, 11, 19, 10, tzinfo=UTC)  # 05:00
        assert leaves_at(early, night, NEW_YORK) == datetime(2026, 11, 19, 12, tzinfo=UTC)

    def test_quiet_hours_within_a_day(self):
        lunch = Habits(time(11, 30), time(14, 30))
        assert leaves_at(NOON, lunch, NEW_YORK) == datetime(2026, 11, 18, 19, 30, tzinfo=UTC)

    def test_a_digest_comes_at_seven(self):
        daily = Habits(is_digest=True)
        assert leaves_at(NOON, daily, NEW_YORK) == datetime(2026, 11, 19, 12, tzinfo=UTC)
        dawn = datetime(2026, 11, 18, 11, tzinfo=UTC)  # 06:00
        assert leaves_at(dawn, daily, NEW_YORK) == datetime(2026, 11, 18, 12, tzinfo=UTC)

    def test_a_digest_waits_for_the_end_of_quiet_hours(self):
        found = leaves_at(NOON, Habits(time(22), time(9), is_digest=True), NEW_YORK)
        assert found == datetime(2026, 11, 19, 14, tzinfo=UTC)
