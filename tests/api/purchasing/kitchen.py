"""A small restaurant for tests: each call makes rows of its own, so that tests never share anything."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import TypeVar
from uuid import UUID

from sqlalchemy.orm import Session

from api.catalog.models import Location, Product, ProductUnit
from api.core.access import Principal
from api.domain.ids import uuid7
from api.domain.movements import NewMovement
from api.identity.models import Role, RoleGrant, User
from api.ledger.items import ensure_items
from api.ledger.positions import set_policy
from api.ledger.posting import post_movements
from api.suppliers.models import Supplier, SupplierContact, SupplierProduct

T = TypeVar("T")
ALL_SCOPES = (
    "purchase_orders.read",
    "purchase_orders.edit",
    "purchase_orders.approve",
    "purchase_orders.receive",
    "alerts.read",
    "alerts.edit",
    "alerts.raise",
)


def principal(*scopes: str, at: Location | None = None, id_: UUID | None = None) -> Principal:
    """Somebody with these scopes (all of purchasing's, if none is named) at one location or everywhere."""
    where = None if at is None else frozenset({at.id})
    return Principal(id_ or uuid7(), "user", grants=dict.fromkeys(scopes or ALL_SCOPES, where))


@dataclass
class Kitchen:
    """Makes rows through the session it is given."""

    session: Session

    def location(self, **values: object) -> Location:
        code = secrets.token_hex(4)
        defaults = {"code": code, "name": f"Riverside {code}", "time_zone": "America/New_York", "currency": "USD"}
        return self._add(Location(**{**defaults, **values}))

    def product(self, name: str = "Mozzarella", *, factors: dict[str, int] | None = None, **values: object) -> Product:
        defaults = {"sku": secrets.token_hex(5), "name": name, "stock_unit": "g"}
        product = Product(**{**defaults, **values})
        product.units = [ProductUnit(unit=unit, numerator=n, denominator=1) for unit, n in (factors or {}).items()]
        product.barcodes = []
        return self._add(product)

    def supplier(self, **values: object) -> Supplier:
        code = secrets.token_hex(4)
        defaults = {"code": code, "name": f"Dairy {code}", "currency": "USD", "lead_time_days": 1}
        return self._add(Supplier(**{**defaults, **values}))

    def contact(self, supplier: Supplier, email: str = "orders@dairy.example") -> SupplierContact:
        return self._add(SupplierContact(supplier_id=supplier.id, name="Order desk", email=email, receives_orders=True))

    def pack(self, supplier: Supplier, product: Product, **values: object) -> SupplierProduct:
        """A case of 2.5 kg at 20 a case, unless told otherwise."""
        defaults = {
            "supplier_id": supplier.id,
            "product_id": product.id,
            "supplier_sku": secrets.token_hex(5),
            "pack_name": "case",
            "pack_quantity": Decimal("2.5"),
            "pack_unit": "kg",
            "price": Decimal(20),
            "currency": "USD",
        }
        return self._add(SupplierProduct(**{**defaults, **values}))

    def person(self, *scopes: str, at: Location | None = None, email: str | None = None) -> User:
        """A person with a role of their own that holds these scopes at one location or everywhere."""
        name = secrets.token_hex(4)
        user = self._add(User(email=email or f"{name}@example.com", name=f"Person {name}"))
        role = self._add(Role(name=f"role {name}", scopes=list(scopes)))
        self._add(RoleGrant(user_id=user.id, role_id=role.id, location_id=at.id if at else None))
        return user

    def stock(
        self,
        product: Product,
        location: Location,
        on_hand: str = "0",
        *,
        reorder_point: str | None = None,
        par_level: str | None = None,
    ) -> UUID:
        """An inventory item with stock and policy."""
        item = self.item(product, location)
        if Decimal(on_hand) > 0:
            self.move(product, location, on_hand)
        if reorder_point is not None or par_level is not None:
            set_policy(
                self.session,
                item,
                None if reorder_point is None else Decimal(reorder_point),
                None if par_level is None else Decimal(par_level),
            )
        return item

    def item(self, product: Product, location: Location) -> UUID:
        key = (product.id, location.id, None)
        return ensure_items(self.session, [key])[key]

    def move(self, product: Product, location: Location, quantity: str) -> UUID:
        """Bring stock in (positive) or use it (negative)."""
        amount = Decimal(quantity)
        item = self.item(product, location)
        movement = NewMovement(
            id=uuid7(),
            kind="opening" if amount > 0 else "consumption",
            product_id=product.id,
            from_item_id=None if amount > 0 else item,
            to_item_id=item if amount > 0 else None,
            quantity=abs(amount),
            unit=product.stock_unit,
            value=Decimal(0) if amount > 0 else None,
            occurred_at=datetime.now(UTC),
            source="test",
        )
        return post_movements(self.session, [movement])[0].id

    def _add(self, row: T) -> T:
        self.session.add(row)
        self.session.flush()
        return row
