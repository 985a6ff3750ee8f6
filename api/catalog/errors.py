"""What can be wrong with the catalog.

ApiError
├── NotFound
│   ├── ProductNotFound
│   ├── LocationNotFound
│   └── UnknownCode         no product carries this code
└── Conflict
    ├── SkuTaken
    ├── LocationCodeTaken
    ├── AreaNameTaken
    ├── BarcodeTaken        the code stands for another product or pack
    └── StockBelowZero      the location cannot bar what is the case
"""

from __future__ import annotations

from api.core.errors import Conflict, NotFound


class ProductNotFound(NotFound):
    """There is no such product."""

    code = "product_not_found"


class LocationNotFound(NotFound):
    """There is no such location, or none that this person may see."""

    code = "location_not_found"


class UnknownCode(NotFound):
    """No product carries this code."""

    code = "unknown_code"


class SkuTaken(Conflict):
    """Another product has this SKU."""

    code = "sku_taken"


class LocationCodeTaken(Conflict):
    """Another location has this code."""

    code = "location_code_taken"


class AreaNameTaken(Conflict):
    """The location has an area of this name."""

    code = "area_name_taken"


class BarcodeTaken(Conflict):
    """The code stands for another product, or for another pack of this one."""

    code = "barcode_taken"


class StockBelowZero(Conflict):
    """Something stands below zero at the location, so negative stock cannot be barred there yet."""

    code = "stock_below_zero"
