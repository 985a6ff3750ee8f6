"""Which counted figures look wrong, before anybody approves them. Pure: evidence in, reasons in words out.

What the books explain to within five per cent raises nothing but `moved_meanwhile`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

from api.core.types import plain
from api.inventory.counts.schemas import Flag

CLOSE = Fraction(1, 20)
"""Five per cent: two figures that differ by no more are the same figure, counted by people."""
DEVIATIONS = 3
"""How many standard deviations of what is used in so many days a count may lie from the forecast."""
LEAST_BAND = Decimal("0.1")
"""And never less than this share of the usage itself, for items whose use hardly varies."""
SECONDS_PER_DAY = 86_400


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What is known of a counted item, in its stock unit.

    `packs` are the stock units in one of each larger unit; `came_otherwise` is what came less what went since the
    last count without being used; `usage_mean` and `usage_deviation` are per day.
    """

    unit: str
    counted: Decimal
    expected: Decimal
    measured_at: datetime
    moved_meanwhile: Decimal = Decimal(0)
    packs: Mapping[str, Fraction] = field(default_factory=dict)
    last_count: Decimal | None = None
    last_counted_at: datetime | None = None
    came_otherwise: Decimal = Decimal(0)
    usage_mean: Decimal | None = None
    usage_deviation: Decimal = Decimal(0)

    @property
    def is_explained(self) -> bool:
        """Whether the books say the same."""
        return abs(Fraction(self.counted) - Fraction(self.expected)) <= abs(Fraction(self.expected)) * CLOSE


def flags(evidence: Evidence) -> list[Flag]:
    """Every reason to look again, the plainest first."""
    if evidence.is_explained:
        return [*_moved(evidence)]
    found = [*_against_last(evidence), *_packs(evidence), *_usage(evidence)]
    return [*(found or _against_expected(evidence)), *_moved(evidence)]


def _against_last(evidence: Evidence) -> Iterator[Flag]:
    last, counted = evidence.last_count, evidence.counted
    if counted == 0 and (evidence.expected > 0 or (last or 0) > 0):
        known = (
            f"the last count found {_say(last, evidence)}" if last else f"{_say(evidence.expected, evidence)} expected"
        )
        yield Flag(code="zero", detail=f"Nothing was counted, though {known}.")
    elif last is not None and last > 0 and counted * 2 <= last:
        yield Flag(code="half", detail=f"Half of the last count or less: {_say(last, evidence)} then.")
    elif last is not None and last > 0 and counted >= last * 2:
        yield Flag(code="double", detail=f"Twice the last count or more: {_say(last, evidence)} then.")


def _against_expected(evidence: Evidence) -> Iterator[Flag]:
    """An item that was never counted before has nothing but the books to be compared with."""
    if evidence.last_count is not None or evidence.expected <= 0:
        return
    if evidence.counted * 2 <= evidence.expected:
        yield Flag(code="half", detail=f"Half of what is expected or less: {_say(evidence.expected, evidence)}.")
    elif evidence.counted >= evidence.expected * 2:
        yield Flag(code="double", detail=f"Twice what is expected or more: {_say(evidence.expected, evidence)}.")


def _packs(evidence: Evidence) -> Iterator[Flag]:
    """A count that misses what is expected by the very factor of a pack was typed in the wrong unit."""
    if evidence.counted <= 0 or evidence.expected <= 0:
        return
    ratio = Fraction(evidence.counted) / Fraction(evidence.expected)
    for pack, factor in sorted(evidence.packs.items(), key=lambda each: each[1]):
        times = plain(round(Decimal(factor.numerator) / Decimal(factor.denominator), 3))
        if factor > 1 and _is_close(ratio, factor):
            detail = f"About {times} times what is expected: was {evidence.unit} entered as {pack}?"
            yield Flag(code="unit_confusion", detail=detail)
            return
        if factor > 1 and _is_close(ratio, 1 / factor):
            detail = f"About one in {times} of what is expected: was {pack} entered as {evidence.unit}?"
            yield Flag(code="unit_confusion", detail=detail)
            return


def _is_close(ratio: Fraction, factor: Fraction) -> bool:
    return abs(ratio / factor - 1) <= CLOSE


def _usage(evidence: Evidence) -> Iterator[Flag]:
    """Last count + what came otherwise − typical daily usage × days, give or take three deviations of as many days."""
    last, since, mean = evidence.last_count, evidence.last_counted_at, evidence.usage_mean
    if last is None or since is None or mean is None or mean <= 0 or since >= evidence.measured_at:
        return
    days = Decimal((evidence.measured_at - since).total_seconds()) / SECONDS_PER_DAY
    usual = mean * days
    band = max(DEVIATIONS * evidence.usage_deviation * days.sqrt(), usual * LEAST_BAND)
    foreseen = last + evidence.came_otherwise - usual
    low, high = max(Decimal(0), foreseen - band), max(Decimal(0), foreseen + band)
    if low <= evidence.counted <= high:
        return
    shown = plain(days.quantize(Decimal("0.1"), ROUND_HALF_UP))
    yield Flag(
        code="unexpected_usage",
        detail=(
            f"Outside {_say(low, evidence)} to {_say(high, evidence)}: {_say(last, evidence)} at the last count, "
            f"{_say(evidence.came_otherwise, evidence)} came since, and about {_say(mean, evidence)} a day is used "
            f"({shown} days)."
        ),
    )


def _moved(evidence: Evidence) -> Iterator[Flag]:
    if evidence.moved_meanwhile:
        way = "came" if evidence.moved_meanwhile > 0 else "left"
        yield Flag(
            code="moved_meanwhile",
            detail=(
                f"{_say(abs(evidence.moved_meanwhile), evidence)} {way} while the item was being counted; if that was "
                "in a part not counted yet, the variance is wrong by as much. Ask for a recount."
            ),
        )


def _say(quantity: Decimal | None, evidence: Evidence) -> str:
    """A quantity as people read it: three significant decimals are enough for a sentence."""
    rounded = (quantity or Decimal(0)).quantize(Decimal("0.001"), ROUND_HALF_UP)
    return f"{plain(rounded)} {evidence.unit}"
