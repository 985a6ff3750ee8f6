"""What can be wrong with unknown codes.

ApiError
└── NotFound
    └── CodeNotWaiting      no scan of this code was kept
"""

from __future__ import annotations

from api.core.errors import NotFound


class CodeNotWaiting(NotFound):
    """No scan of this code was kept, or none that this person may see."""

    code = "code_not_waiting"
