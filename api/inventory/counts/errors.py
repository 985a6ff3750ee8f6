"""Why a count refuses.

NotFound 404
├── CountNotFound          no such sheet, or none at a place that the person may see
└── LineNotFound           no such line on it
Forbidden 403
├── NotYourLine            a line is replaced by whoever counted it
└── OwnCount               whoever counted or submitted does not approve
Conflict 409
├── CountNotOpen           it was submitted, posted or cancelled
├── CountNotSubmitted      only a submitted count is approved
├── LineSuperseded         a recount was asked for since
├── NothingCounted         a sheet without a single line is not submitted
└── RecountOutstanding     a second look was asked for and not taken
Invalid 422
├── BadLines               every bad line of a batch by name; nothing of it was stored
└── UnknownItems           the list names items or areas of other places
"""

from __future__ import annotations

from api.core.errors import Conflict, Forbidden, Invalid, NotFound


class CountNotFound(NotFound):
    """There is no such count, or none at a location that the person may see."""

    code = "count_not_found"

    def __init__(self) -> None:
        super().__init__("There is no such count, or none that you may see.")


class LineNotFound(NotFound):
    """The count has no such line."""

    code = "count_line_not_found"

    def __init__(self) -> None:
        super().__init__("The count has no such line.")


class NotYourLine(Forbidden):
    """Somebody else counted it."""

    code = "not_your_line"

    def __init__(self) -> None:
        super().__init__(
            "Somebody else counted this line; count it yourself as a line of your own, or ask for a recount."
        )


class OwnCount(Forbidden):
    """Four eyes: whoever counted or submitted asks somebody else to approve."""

    code = "own_count"

    def __init__(self) -> None:
        super().__init__("You counted or submitted it yourself; approving it needs the scope own_counts.approve.")


class CountNotOpen(Conflict):
    """Lines are taken while a count is open."""

    code = "count_not_open"


class CountNotSubmitted(Conflict):
    """Only what was submitted is approved."""

    code = "count_not_submitted"


class LineSuperseded(Conflict):
    """A recount was asked for since: the line is history."""

    code = "line_superseded"

    def __init__(self) -> None:
        super().__init__("A recount was asked for since; count the item again instead.")


class NothingCounted(Conflict):
    """There is nothing to approve on an empty sheet."""

    code = "nothing_counted"

    def __init__(self) -> None:
        super().__init__("Nothing was counted yet; cancel the sheet if it is not needed.")


class RecountOutstanding(Conflict):
    """Items that somebody asked to look at again were not counted since."""

    code = "recount_outstanding"


class BadLines(Invalid):
    """Some lines of a batch are wrong; none was stored."""

    code = "bad_lines"


class UnknownItems(Invalid):
    """Ids that are none of this location's."""

    code = "unknown_items"
