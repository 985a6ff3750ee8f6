from __future__ import annotations

from decimal import Decimal
from uuid import uuid4

from api.alerts.rules import Rule, Rulebook

PRODUCT, PLACE, OTHER = uuid4(), uuid4(), uuid4()
POINT = Decimal(5000)


def rule(product=None, place=None, threshold: str | None = None, *, is_enabled: bool = True) -> Rule:
    return Rule(uuid4(), place, product, None if threshold is None else Decimal(threshold), is_enabled)


class TestThreshold:
    def test_without_rules_the_items_own_reorder_point_holds(self):
        found = Rulebook([]).threshold(PRODUCT, PLACE, POINT)
        assert found is not None
        assert (found.quantity, found.rule_id) == (POINT, None)

    def test_without_rule_or_reorder_point_nothing_holds(self):
        assert Rulebook([]).threshold(PRODUCT, PLACE, None) is None

    def test_the_most_particular_rule_wins(self):
        everywhere, here = rule(threshold="1"), rule(place=PLACE, threshold="2")
        this, this_here = rule(PRODUCT, threshold="3"), rule(PRODUCT, PLACE, "4")
        book = Rulebook([this_here, this, here, everywhere])
        found = [book.threshold(p, q, POINT) for p, q in ((PRODUCT, PLACE), (PRODUCT, OTHER), (OTHER, PLACE))]
        assert [each.quantity for each in found if each] == [4, 3, 2]
        last = book.threshold(OTHER, OTHER, POINT)
        assert last is not None
        assert last.quantity == 1

    def test_a_rule_without_threshold_means_the_reorder_point(self):
        own = rule(PRODUCT, PLACE)
        book = Rulebook([own, rule(threshold="1")])
        found = book.threshold(PRODUCT, PLACE, POINT)
        assert found is not None
        assert (found.quantity, found.rule_id) == (POINT, own.id)
        assert book.threshold(PRODUCT, PLACE, None) is None

    def test_a_rule_that_is_off_silences(self):
        assert Rulebook([rule(PRODUCT, is_enabled=False)]).threshold(PRODUCT, PLACE, POINT) is None

    def test_of_two_equal_rules_the_newer_holds(self):
        found = Rulebook([rule(PRODUCT, threshold="1"), rule(PRODUCT, threshold="2")]).threshold(PRODUCT, PLACE, POINT)
        assert found is not None
        assert found.quantity == 2
