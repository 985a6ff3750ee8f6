"""The X12 envelope: interchanges of groups of transaction sets, whose control numbers and counts must agree.

A trailer comes after what it vouches for, so a file is read twice: first to hear every trailer, then to read the sets
that all three of their envelopes vouch for. At no time is more than one set in memory.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from ingestion.documents.problems import Finding, Place, Refusal, Refused
from ingestion.documents.x12.segments import Segment, SegmentReader

MAX_SEGMENTS = 200_000  # of one transaction set
GROUP_CODES = {"850": "PO", "810": "IN", "832": "SC"}
NAMES = {
    "820": "payment order/remittance advice", "846": "inventory inquiry", "855": "purchase order acknowledgment",
    "856": "ship notice", "860": "purchase order change", "861": "receiving advice", "875": "grocery purchase order",
    "880": "grocery invoice", "894": "delivery base record", "997": "functional acknowledgment",
}  # fmt: skip


@dataclass(frozen=True)
class TransactionSet:
    """A transaction set from ST to SE, with its interchange's sender (qualifier and id) and the notes on it."""

    code: str
    place: Place
    sender: tuple[str, str]
    segments: tuple[Segment, ...]
    notes: tuple[Finding, ...]


@dataclass
class _Set:
    st: Segment
    path: str
    sender: tuple[str, str]
    count: int = 0
    refusal: Refusal | None = None


@dataclass
class _Group:
    gs: Segment
    path: str
    sets: list[_Set] = field(default_factory=list)


@dataclass
class _Interchange:
    isa: Segment
    path: str
    groups: list[_Group] = field(default_factory=list)


def read_sets(path: Path) -> Iterator[TransactionSet | Refusal]:
    """Every transaction set of a file, or why it is refused: its own or an envelope's numbers disagree."""
    survey = _Survey()
    reader = SegmentReader(path)
    try:
        for segment in reader:
            survey.take(segment)
        survey.end()
    except Refused as error:
        yield Refusal.of(error)
        return
    yield from survey.refusals
    yield from _second_reading(path, survey, tuple(reader.notes))


def _second_reading(path: Path, survey: _Survey, notes: tuple[Finding, ...]) -> Iterator[TransactionSet | Refusal]:
    verdicts = iter(survey.sets)
    segments: list[Segment] = []
    current: _Set | None = None
    for segment in SegmentReader(path):
        if segment.name == "ST":
            current, segments = next(verdicts), []
        if current is None:
            continue
        if current.refusal is None:
            segments.append(segment)
        if segment.name == "SE":
            place = Place(current.st.line, current.path)
            yield current.refusal or TransactionSet(current.st[1], place, current.sender, tuple(segments), notes)
            current, segments = None, []


class _Survey:
    """The first reading: which sets there are, and which of them are refused."""

    def __init__(self) -> None:
        self.sets: list[_Set] = []
        self.refusals: list[Refusal] = []
        self._interchanges = 0
        self._interchange: _Interchange | None = None
        self._group: _Group | None = None
        self._set: _Set | None = None

    def take(self, segment: Segment) -> None:
        """Hear one segment; Refused where the envelope's parts come in an order that no reading can mend."""
        handler = {
            "ISA": self._isa, "GS": self._gs, "ST": self._st, "SE": self._se, "GE": self._ge, "IEA": self._iea,
        }.get(segment.name)  # fmt: skip
        if self._set is not None:
            self._set.count += 1
        if handler:
            handler(segment)
        elif self._set is None and segment.name != "TA1":
            raise Refused("ENVELOPE", Place(segment.line, segment.name), f"{segment.name} stands outside of a set")
        elif self._set is not None and self._set.count > MAX_SEGMENTS:
            raise Refused("TOO_LARGE", Place(segment.line, self._set.path), f"more than {MAX_SEGMENTS:,} segments")

    def end(self) -> None:
        """The file is over: an envelope that is still open was cut off."""
        trailers = (("SE", self._set), ("GE", self._group), ("IEA", self._interchange))
        is_open = next((name for name, each in trailers if each), None)
        if is_open:
            raise Refused("ENVELOPE", Place(1, is_open), f"the file ends before {is_open}: it was cut off")
        if not self._interchanges:
            raise Refused("NOT_X12", Place(1, "/"), "the file is empty")

    def _isa(self, segment: Segment) -> None:
        if self._interchange is not None:
            raise _misplaced(segment)
        self._interchanges += 1
        self._interchange = _Interchange(segment, f"ISA[{self._interchanges}]")

    def _gs(self, segment: Segment) -> None:
        interchange = self._interchange
        if interchange is None or self._group is not None:
            raise _misplaced(segment)
        self._group = _Group(segment, f"{interchange.path}/GS[{len(interchange.groups) + 1}]")
        interchange.groups.append(self._group)

    def _st(self, segment: Segment) -> None:
        group = self._group
        if group is None or self._interchange is None or self._set is not None:
            raise _misplaced(segment)
        sender = (self._interchange.isa[5], self._interchange.isa[6])
        self._set = _Set(segment, f"{group.path}/ST[{len(group.sets) + 1}]", sender, count=1)
        group.sets.append(self._set)
        self.sets.append(self._set)
        self._set.refusal = _unsupported(segment, group.gs, self._set.path)

    def _se(self, segment: Segment) -> None:
        if self._set is None:
            raise _misplaced(segment)
        refuse = _mismatch(segment, "SE", self._set.st[2], self._set.count, "segments", f"{self._set.path}/SE")
        self._set.refusal = self._set.refusal or refuse
        self._set = None

    def _ge(self, segment: Segment) -> None:
        if self._group is None or self._set is not None:
            raise _misplaced(segment)
        group = self._group
        self._spread(_mismatch(segment, "GE", group.gs[6], len(group.sets), "sets", f"{group.path}/GE"), [group])
        self._group = None

    def _iea(self, segment: Segment) -> None:
        if self._interchange is None or self._group is not None:
            raise _misplaced(segment)
        one = self._interchange
        path = f"{one.path}/IEA"
        self._spread(_mismatch(segment, "IEA", one.isa[13], len(one.groups), "groups", path), one.groups)
        self._interchange = None

    def _spread(self, refusal: Refusal | None, groups: list[_Group]) -> None:
        """An envelope that is refused takes its sets along; without any set the refusal stands alone."""
        sets = [each for group in groups for each in group.sets]
        if refusal and not sets:
            self.refusals.append(refusal)
        for each in sets:
            each.refusal = each.refusal or refusal


def _misplaced(segment: Segment) -> Refused:
    return Refused("ENVELOPE", Place(segment.line, segment.name), f"{segment.name} stands where none may")


def _unsupported(st: Segment, gs: Segment, path: str) -> Refusal | None:
    place, code = Place(st.line, f"{path}/ST01"), st[1]
    if code not in GROUP_CODES:
        name = f" ({NAMES[code]})" if code in NAMES else ""
        return Refusal("UNSUPPORTED_DOCUMENT", place, f"X12 {code}{name} is not read here; 850, 810 and 832 are")
    if gs[1] != GROUP_CODES[code]:
        message = f"a set {code} in a group {gs[1]!r}, where {GROUP_CODES[code]!r} belongs"
        return Refusal("GS01", Place(gs.line, f"{path}/GS01"), message)
    return None


def _mismatch(trailer: Segment, name: str, control: str, count: int, of: str, path: str) -> Refusal | None:
    """A trailer says how much it closes, and the number of what it closes."""
    if trailer[1].lstrip("0") != str(count):
        message = f"{name}01 says {trailer[1]!r} {of}, there are {count}"
        return Refusal(f"{name}01", Place(trailer.line, f"{path}01"), message)
    if trailer[2].strip() != control.strip():
        message = f"{name}02 says the control number {trailer[2]!r}, its header {control!r}"
        return Refusal(f"{name}02", Place(trailer.line, f"{path}02"), message)
    return None
