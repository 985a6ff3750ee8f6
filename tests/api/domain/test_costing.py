"""Moving average; the database's fold must say the same (see tests/api/ledger/test_model.py)."""

from __future__ import annotations

from decimal import Decimal

from api.domain.costing import Balance

D = Decimal


class TestBalance:
    def test_receipts_move_the_average(self):
        """10 at 2 and 30 worth 90: (10·2 + 90) / 40 = 2.75."""
        assert Balance(D(10), D(2)).receive(D(30), D(90)) == Balance(D(40), D("2.75"))

    def test_below_zero_the_receipt_sets_the_rate(self):
        """−8 at 5, 20 worth 60 come: 12 at 60 / 20 = 3."""
        assert Balance(D(-8), D(5)).receive(D(20), D(60)) == Balance(D(12), D(3))

    def test_issues_leave_at_the_average(self):
        assert Balance(D(10), D(2)).issue(D(4)) == Balance(D(6), D(2))
        assert Balance(D(10), D("0.333333")).value_of(D(3)) == D("0.999999")

    def test_a_later_difference_is_shared_between_the_shelf_and_the_period(self):
        """20 came at 3, 5 are left; 8 more: 5/20 of it, 2, on the shelf: (15 + 2) / 5 = 3.4; 6 are the period's."""
        assert Balance(D(5), D(3)).correct(D(8), D(20)) == (Balance(D(5), D("3.4")), D(2), D(6))

    def test_below_zero_all_of_it_is_the_periods(self):
        assert Balance(D(-5), D(3)).correct(D(-8), D(20)) == (Balance(D(-5), D(3)), D(0), D(-8))

    def test_a_reversed_receipt_takes_its_value_out_again(self):
        """40 at 2.75, 30 worth 90 leave again: (110 − 90) / 10 = 2."""
        assert Balance(D(40), D("2.75")).issue(D(30), D(90)) == Balance(D(10), D(2))
