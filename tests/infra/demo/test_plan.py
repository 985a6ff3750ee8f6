"""The planned year: the same every time, in order, with stock that a kitchen could live on."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta

import pytest

from infra.demo.plan import ZONE, Deplete, Plan, Receive, Scans, local, make_plan
from infra.demo.restaurant import Restaurant

TODAY = date(2026, 11, 22)
RESTAURANT = Restaurant()


@pytest.fixture(scope="module")
def plan() -> Plan:
    return make_plan(RESTAURANT, TODAY)


def packs_in_stock_units(offer) -> float:
    return float(offer.pack_quantity) * int(RESTAURANT.ingredients[offer.sku].factor(offer.pack_unit))


class TestPlan:
    def test_is_the_same_every_time(self):
        one, other = (make_plan(Restaurant(), TODAY, days=20) for _ in range(2))
        assert (one.orders, one.acts) == (other.orders, other.acts)

    def test_acts_are_in_order_and_none_is_later_than_yesterday(self, plan):
        moments = [act.at for act in plan.acts]
        assert moments == sorted(moments)
        assert moments[-1] < local(TODAY, 0)

    def test_every_day_of_sales_is_depleted_once(self, plan):
        days = [act.day for act in plan.acts if isinstance(act, Deplete)]
        assert len(days) == len(set(days)) == 358

    def test_orders_go_out_before_the_cut_off_within_the_lead_time(self, plan):
        for order in plan.orders:
            supplier = RESTAURANT.suppliers[order.supplier]
            at = order.ordered_at.astimezone(ZONE)
            assert order.expected_on - at.date() == timedelta(days=supplier["lead_time_days"])
            assert at.time().isoformat() < supplier["order_cutoff"]
            assert all(line.packs > 0 for line in order.lines)

    def test_an_order_is_told_from_every_other(self, plan):
        assert len({order.key for order in plan.orders}) == len(plan.orders)

    def test_no_more_comes_than_was_ordered(self, plan):
        for order in plan.orders:
            for line in order.lines:
                assert sum(each.packs.get(line.offer.sku, 0) for each in order.deliveries) <= line.packs

    def test_some_deliveries_are_late_some_short_and_most_neither(self, plan):
        late = sum(order.deliveries[0].at.astimezone(ZONE).date() > order.expected_on for order in plan.orders)
        partial = sum(len(order.deliveries) > 1 or order.closed_at is not None for order in plan.orders)
        assert 10 < late < 0.2 * len(plan.orders)
        assert 10 < partial < 0.2 * len(plan.orders)

    def test_stock_seldom_runs_out_and_never_piles_up(self, plan):
        """Played back at Riverside: below zero on few days, and for fresh goods never a month's use."""
        stock, below = defaultdict(float), 0
        for act in plan.acts:
            if isinstance(act, Receive) and act.order.location == "RIV":
                for line in act.order.lines:
                    came = act.order.deliveries[act.number].packs.get(line.offer.sku, 0)
                    stock[line.offer.sku] += came * packs_in_stock_units(line.offer)
            elif isinstance(act, Scans) and act.location == "RIV":
                for action, sku, quantity, _ in act.lines:
                    stock[sku] = quantity if action == "count" else stock[sku] - quantity
            elif isinstance(act, Deplete):
                self._take(plan, act, stock)
                below += sum(quantity < -1 for quantity in stock.values())
                assert stock["MOZZARELLA"] < 28 * plan.daily_usage["MOZZARELLA"]
                assert stock["SPINACH"] < 14 * plan.daily_usage["SPINACH"]
        assert below < 0.005 * 358 * len(stock)

    @staticmethod
    def _take(plan, act, stock):
        week = (act.day - plan.first_day).days // 7
        for code, count in act.sold.items():
            name, _, size = code.rpartition("_")
            for sku, quantity in RESTAURANT.usage(name, size, week).items():
                stock[sku] -= quantity * count
