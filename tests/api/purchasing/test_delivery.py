from __future__ import annotations

from datetime import UTC, date, datetime, time

from api.purchasing.delivery import DeliveryTerms, expected_delivery

NEW_YORK = "America/New_York"
EVERY_DAY = range(1, 8)


def day(at: datetime, lead: int = 1, weekdays=EVERY_DAY, cutoff: time = time(16)) -> date:
    return expected_delivery(at, DeliveryTerms(lead, tuple(weekdays), cutoff), NEW_YORK)


class TestExpectedDelivery:
    def test_before_the_cutoff_the_lead_time_counts_from_today(self):
        assert day(datetime(2026, 11, 18, 20, 59, tzinfo=UTC)) == date(2026, 11, 19)  # 15:59 in New York

    def test_after_the_cutoff_it_is_tomorrows_order(self):
        assert day(datetime(2026, 11, 18, 21, 1, tzinfo=UTC)) == date(2026, 11, 20)  # 16:01 in New York

    def test_the_day_is_the_kitchens_not_greenwichs(self):
        assert day(datetime(2026, 11, 19, 2, tzinfo=UTC), cutoff=time(23)) == date(2026, 11, 19)  # still the 18th there

    def test_it_waits_for_the_next_tour(self):
        friday = datetime(2026, 11, 20, 15, tzinfo=UTC)
        assert day(friday, weekdays=(1, 4)) == date(2026, 11, 23)

    def test_no_lead_time_is_the_same_day(self):
        assert day(datetime(2026, 11, 18, 15, tzinfo=UTC), lead=0) == date(2026, 11, 18)

    def test_terms_without_tours_mean_any_day(self):
        assert day(datetime(2026, 11, 20, 15, tzinfo=UTC), weekdays=()) == date(2026, 11, 21)
