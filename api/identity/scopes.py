"""Every scope there is, the roles that come with the product, and what the pipeline may do."""

from __future__ import annotations

from decimal import Decimal
from typing import Final
from uuid import UUID

SCOPES: Final = {
    "users.read": "See people and their roles",
    "users.create": "Create accounts",
    "users.edit": "Edit, disable and erase accounts",
    "roles.edit": "Edit roles, grant and revoke them",
    "catalog.read": "See products, barcodes, locations and areas",
    "catalog.edit": "Edit products, barcodes, locations and areas",
    "menu.read": "See menu items and recipes",
    "menu.edit": "Edit menu items and recipes",
    "production.read": "See batches made in the kitchen",
    "production.post": "Record and undo batches made in the kitchen",
    "inventory.read": "See stock and its movements",
    "inventory.scan": "Scan: receive, issue, waste, count, transfer",
    "inventory.adjust": "Adjust stock and reverse movements",
    "inventory.approve": "Approve adjustments beyond a colleague's limit",
    "counts.approve": "Review counts, ask for recounts, approve and post them",
    "own_counts.approve": "Approve counts that one counted or submitted oneself",
    "inventory.lock": "Close a location's books up to a day, and open them again",
    "inventory.deplete": "Post theoretical usage from sales",
    "suppliers.read": "See suppliers, their products and prices",
    "suppliers.edit": "Edit suppliers, their products and prices",
    "imports.run": "Import catalogs and price lists, repair their rows",
    "purchase_orders.read": "See purchase orders",
    "purchase_orders.edit": "Write and submit purchase orders",
    "purchase_orders.approve": "Approve, send, close and cancel purchase orders",
    "purchase_orders.receive": "Receive deliveries",
    "alerts.read": "See and acknowledge alerts",
    "alerts.edit": "Edit alert rules",
    "alerts.raise": "Raise alerts from forecasts",
    "reports.read": "See and run reports",
    "reports.edit": "Define reports and their schedules",
    "reports.publish": "Publish finished exports",
    "audit.read": "See the audit trail and verify its chain",
    "flags.edit": "Turn feature flags",
}

ADMIN, MANAGER, OPERATOR, ANALYST = "admin", "manager", "operator", "analyst"

_NOT_FOR_MANAGERS = frozenset(
    {
        "users.create",
        "users.edit",
        "roles.edit",
        "flags.edit",
        "own_counts.approve",
        "inventory.deplete",
        "alerts.raise",
        "reports.publish",
    }
)
_NOT_FOR_ANALYSTS = frozenset({"users.read", "audit.read"})

BUILTIN_ROLES: Final = {
    ADMIN: frozenset(SCOPES),
    MANAGER: frozenset(SCOPES) - _NOT_FOR_MANAGERS,
    OPERATOR: frozenset(
        {
            "catalog.read",
            "menu.read",
            "production.read",
            "production.post",
            "inventory.read",
            "inventory.scan",
            "suppliers.read",
            "purchase_orders.read",
            "purchase_orders.edit",
            "purchase_orders.receive",
            "alerts.read",
        }
    ),
    ANALYST: frozenset(scope for scope in SCOPES if scope.endswith(".read")) - _NOT_FOR_ANALYSTS | {"reports.edit"},
}

# What a role may adjust alone when it is made, in the location's currency; PATCH /api/roles changes it. None: anything.
ADJUSTMENT_LIMITS: Final = {MANAGER: Decimal(500)}

PIPELINE_ID: Final = UUID("019ab000-0000-7000-8000-000000000001")
PIPELINE_SCOPES: Final = frozenset({"inventory.deplete", "alerts.raise", "reports.read", "reports.publish"})
