"""Who may knock at which door, written by hand: a new route is not served until somebody has decided it here.

A admin, M manager, O operator, N analyst (all of them everywhere but the operator, who has one location), P the pipeline.
A letter means that the door opens: what lies behind may still be missing, invalid or somebody else's.
"""

from __future__ import annotations

EVERYBODY = "AMONP"

PUBLIC = {
    ("GET", "/healthz"),
    ("GET", "/readyz"),
    ("GET", "/metrics"),
    ("GET", "/.well-known/jwks.json"),
    ("POST", "/api/auth/login"),
    ("POST", "/api/auth/refresh"),
    ("POST", "/api/auth/logout"),
    ("GET", "/api/files/{key}"),
}

MATRIX = {
    # auth and people
    ("GET", "/api/auth/me"): "AMON",
    ("GET", "/api/auth/sessions"): EVERYBODY,
    ("DELETE", "/api/auth/sessions/{session_id}"): EVERYBODY,
    ("POST", "/api/auth/register"): "A",
    ("GET", "/api/users"): "AM",
    ("GET", "/api/users/{user_id}"): "AM",
    ("PATCH", "/api/users/{user_id}"): "A",
    ("DELETE", "/api/users/{user_id}"): "A",
    ("PATCH", "/api/users/{user_id}/roles"): "A",
    ("GET", "/api/roles"): "AM",
    ("POST", "/api/roles"): "A",
    ("PATCH", "/api/roles/{role_id}"): "A",
    ("GET", "/api/feature-flags"): EVERYBODY,
    ("PATCH", "/api/feature-flags/{key}"): "A",
    ("GET", "/api/audit-logs"): "AM",
    ("POST", "/api/audit-logs/verify"): "AM",
    # catalog
    ("GET", "/api/products"): "AMON",
    ("POST", "/api/products"): "AM",
    ("GET", "/api/products/{product_id}"): "AMON",
    ("PATCH", "/api/products/{product_id}"): "AM",
    ("POST", "/api/products/{product_id}/barcodes"): "AM",
    ("DELETE", "/api/products/{product_id}/barcodes"): "AM",
    ("GET", "/api/barcodes/{code}"): "AMON",
    ("GET", "/api/locations"): "AMON",
    ("POST", "/api/locations"): "AM",
    ("GET", "/api/locations/{location_id}"): "AMON",
    ("PATCH", "/api/locations/{location_id}"): "AM",
    ("GET", "/api/locations/{location_id}/areas"): "AMON",
    ("POST", "/api/locations/{location_id}/areas"): "AM",
    # menu
    ("GET", "/api/menu-items"): "AMON",
    ("POST", "/api/menu-items"): "AM",
    ("GET", "/api/menu-items/{menu_item_id}"): "AMON",
    ("PATCH", "/api/menu-items/{menu_item_id}"): "AM",
    ("GET", "/api/menu-items/{menu_item_id}/plate-cost"): "AMON",
    ("GET", "/api/recipes"): "AMON",
    ("POST", "/api/recipes"): "AM",
    ("GET", "/api/recipes/{recipe_id}"): "AMON",
    ("PATCH", "/api/recipes/{recipe_id}"): "AM",
    ("POST", "/api/depletions"): "AP",
    ("GET", "/api/depletions"): "AMON",
    # inventory
    ("POST", "/api/scans"): "AMO",
    ("POST", "/api/scans/decode"): "AMO",
    ("GET", "/api/scans/unknown"): "AMO",
    ("GET", "/api/inventory"): "AMON",
    ("GET", "/api/inventory/{item_id}"): "AMON",
    ("PATCH", "/api/inventory/{item_id}"): "AM",
    ("POST", "/api/inventory/{item_id}/adjust"): "AM",
    ("GET", "/api/stock-movements"): "AMON",
    ("POST", "/api/stock-movements/{movement_id}/reverse"): "AMO",
    # suppliers
    ("GET", "/api/suppliers"): "AMON",
    ("POST", "/api/suppliers"): "AM",
    ("GET", "/api/suppliers/{supplier_id}"): "AMON",
    ("PATCH", "/api/suppliers/{supplier_id}"): "AM",
    ("GET", "/api/suppliers/{supplier_id}/contacts"): "AMON",
    ("POST", "/api/suppliers/{supplier_id}/contacts"): "AM",
    ("DELETE", "/api/suppliers/{supplier_id}/contacts/{contact_id}"): "AM",
    ("GET", "/api/supplier-products"): "AMON",
    ("POST", "/api/supplier-products"): "AM",
    ("GET", "/api/supplier-products/{supplier_product_id}"): "AMON",
    ("PATCH", "/api/supplier-products/{supplier_product_id}"): "AM",
    ("GET", "/api/supplier-products/{supplier_product_id}/prices"): "AMON",
    # purchasing: which step of an order's life needs which scope is decided behind the door
    ("GET", "/api/purchase-orders"): "AMON",
    ("POST", "/api/purchase-orders"): "AMO",
    ("GET", "/api/purchase-orders/{order_id}"): "AMON",
    ("PATCH", "/api/purchase-orders/{order_id}"): "AMO",
    ("PATCH", "/api/purchase-orders/{order_id}/status"): "AMON",
    ("GET", "/api/order-suggestions"): "AMON",
    ("POST", "/api/order-suggestions"): "AMO",
    # alerts and notifications
    ("GET", "/api/alerts"): "AMON",
    ("POST", "/api/alerts"): "AM",
    ("POST", "/api/alerts/raise"): "AP",
    ("POST", "/api/alerts/{alert_id}/acknowledge"): "AM",
    ("GET", "/api/alert-rules"): "AMON",
    ("PATCH", "/api/alert-rules/{rule_id}"): "AM",
    ("GET", "/api/notifications"): EVERYBODY,
    ("POST", "/api/notifications/{notification_id}/read"): EVERYBODY,
    ("GET", "/api/notifications/preferences"): EVERYBODY,
    ("PATCH", "/api/notifications/preferences"): EVERYBODY,
    # reports
    ("GET", "/api/reports"): "AMNP",
    ("POST", "/api/reports"): "AMN",
    ("GET", "/api/reports/{report_id}"): "AMNP",
    ("PATCH", "/api/reports/{report_id}"): "AMN",
    ("POST", "/api/reports/{report_id}/run"): "AMNP",
    ("GET", "/api/report-runs"): "AMNP",
    ("GET", "/api/report-runs/{run_id}"): "AMNP",
    ("POST", "/api/report-runs"): "AP",
}
