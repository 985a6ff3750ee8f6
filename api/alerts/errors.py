"""What alerts refuse.

ApiError
├── NotFound 404      alert_not_found, alert_rule_not_found
└── Invalid 422       unknown_location, unknown_product
"""

from __future__ import annotations

from api.core.errors import NotFound


class AlertNotFound(NotFound):
    """No such alert, or at a location that the person may not see."""

    code = "alert_not_found"


class RuleNotFound(NotFound):
    """No such rule, or for a location that the person may not see."""

    code = "alert_rule_not_found"
