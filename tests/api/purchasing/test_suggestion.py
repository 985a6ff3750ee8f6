from __future__ import annotations

from decimal import Decimal

from api.purchasing.suggestion import PackTerms, Situation, suggest


def situation(on_hand: str, on_order: str = "0", *, reorder: str | None = "5000", par: str | None = None) -> Situation:
    return Situation(
        Decimal(on_hand), Decimal(on_order), Decimal(reorder) if reorder else None, Decimal(par) if par else None, "g"
    )


class TestSuggest:
    def test_up_to_par_in_whole_packs(self):
        # 20 kg wanted, 4.2 kg there: 15.8 kg is 6.32 cases of 2.5 kg, so 7 cases.
        found = suggest(situation("4200", par="20000"), PackTerms(Decimal(2500)))
        assert (found.rule, found.need, found.have, found.raw) == (
            "par_level",
            Decimal(20000),
            Decimal(4200),
            Decimal(15800),
        )
        assert (found.packs_exact, found.packs_whole, found.packs) == (Decimal("6.320"), 7, 7)

    def test_without_par_it_is_twice_the_reorder_point(self):
        found = suggest(situation("4200"), PackTerms(Decimal(2500)))
        assert (found.rule, found.need, found.raw, found.packs) == (
            "twice_reorder_point",
            Decimal(10000),
            Decimal(5800),
            3,
        )

    def test_a_par_level_under_the_reorder_point_is_no_par_level(self):
        assert suggest(situation("4200", par="3000"), PackTerms(Decimal(2500))).rule == "twice_reorder_point"

    def test_what_is_on_order_counts_as_there(self):
        assert suggest(situation("4200", "15800", par="20000"), PackTerms(Decimal(2500))).packs == 0

    def test_debts_of_stock_are_ordered_too(self):
        assert suggest(situation("-1000", par="20000"), PackTerms(Decimal(2500))).raw == Decimal(21000)

    def test_exactly_whole_packs_are_not_raised(self):
        assert suggest(situation("5000", par="20000"), PackTerms(Decimal(2500))).packs == 6

    def test_raised_to_the_minimum_and_then_to_the_multiple(self):
        # 7 cases are needed, 8 is the least, sold by threes: 9.
        found = suggest(situation("4200", par="20000"), PackTerms(Decimal(2500), minimum=8, multiple=3))
        assert (found.packs_whole, found.packs) == (7, 9)

    def test_nothing_needed_is_not_raised_to_the_minimum(self):
        assert suggest(situation("30000", par="20000"), PackTerms(Decimal(2500), minimum=8)).packs == 0

    def test_a_pack_that_is_not_a_round_number(self):
        # A pound is 453.59237 g: 1 kg takes three.
        found = suggest(situation("0", reorder=None, par="1000"), PackTerms(Decimal("453.59237")))
        assert (found.packs_exact, found.packs) == (Decimal("2.205"), 3)

    def test_the_terms_can_be_read_and_recalculated(self):
        terms = suggest(situation("4200.500000", par="20000"), PackTerms(Decimal(2500))).terms()
        assert terms["on_hand"] == "4200.5"
        assert Decimal(terms["need"]) - Decimal(terms["have"]) == Decimal(terms["raw"])
        assert terms["packs"] == 7
