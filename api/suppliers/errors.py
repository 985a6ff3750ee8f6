"""What can be wrong with suppliers and what they sell.

ApiError
├── NotFound
│   ├── SupplierNotFound
│   ├── ContactNotFound
│   └── SupplierProductNotFound
└── Conflict
    ├── SupplierCodeTaken
    └── SupplierSkuTaken
"""

from __future__ import annotations

from api.core.errors import Conflict, NotFound


class SupplierNotFound(NotFound):
    """There is no such supplier."""

    code = "supplier_not_found"


class ContactNotFound(NotFound):
    """The supplier has no such contact."""

    code = "contact_not_found"


class SupplierProductNotFound(NotFound):
    """There is no such supplier product."""

    code = "supplier_product_not_found"


class SupplierCodeTaken(Conflict):
    """Another supplier has this code."""

    code = "supplier_code_taken"


class SupplierSkuTaken(Conflict):
    """The supplier sells another pack under this article number."""

    code = "supplier_sku_taken"
