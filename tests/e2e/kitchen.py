"""A kitchen of a test's own behind the running service: a place, people, products with codes, stock and a supplier.

Everything but the accounts goes through the HTTP API, as a client would do it.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import httpx

import api.schema  # noqa: F401  # string references between rooms resolve only when every model is known
from api.core.database import transaction
from api.domain.ids import uuid7
from api.identity.bootstrap import create_user

PASSWORD = "thyme and bay leaf"


def ean13(prefix: str = "40") -> str:
    """A random EAN-13 with its check digit."""
    digits = prefix + "".join(secrets.choice("0123456789") for _ in range(12 - len(prefix)))
    total = sum(int(digit) * (3 if index % 2 else 1) for index, digit in enumerate(digits))
    return f"{digits}{-total % 10}"


@dataclass(frozen=True)
class Account:
    """Somebody who can log in."""

    email: str
    name: str
    password: str = PASSWORD


@dataclass
class Kitchen:
    """One place and what is in it; `client` is a manager's."""

    base_url: str
    client: httpx.Client
    place: dict[str, Any]
    codes: dict[str, str] = field(default_factory=dict)
    products: dict[str, dict[str, Any]] = field(default_factory=dict)

    def ask(self, method: str, path: str, **more: Any) -> Any:
        reply = self.client.request(method, path, **more)
        assert reply.is_success, f"{method} {path}: {reply.status_code} {reply.text}"
        return reply.json() if reply.content else None

    def person(self, role: str = "operator", name: str = "Ana Cook") -> Account:
        """An account with this role at this place alone."""
        account = Account(f"{role}-{secrets.token_hex(5)}@example.com", name)
        with transaction() as session:
            create_user(
                session,
                email=account.email,
                name=name,
                password=PASSWORD,
                role=role,
                location_id=self.place["id"],
            )
        return account

    def product(
        self, name: str, *, code: str | None = None, pack: str = "5", pack_unit: str = "kg", stock_unit: str = "g"
    ) -> dict[str, Any]:
        """A product with one code for a pack."""
        code = code or ean13()
        body = {
            "id": str(uuid7()),
            "sku": f"E2E-{secrets.token_hex(5)}",
            "name": name,
            "stock_unit": stock_unit,
            "barcodes": [{"code": code, "pack_quantity": pack, "pack_unit": pack_unit}],
        }
        self.products[name] = self.ask("POST", "/api/products", json=body)
        self.codes[name] = code
        return self.products[name]

    def scan(self, name: str, action: str, packs: str = "1") -> dict[str, Any]:
        """A scan by another device."""
        body = {
            "id": str(uuid7()),
            "code": self.codes[name],
            "location_id": self.place["id"],
            "action": action,
            "quantity": packs,
            "occurred_at": datetime.now(UTC).isoformat(),
            "device_id": "tests",
            "sequence": 1,
        }
        result = self.ask("POST", "/api/scans", json={"scans": [body]})["results"][0]
        assert result["status"] == "posted", result
        return result

    def on_hand(self, name: str) -> Decimal:
        """What the service says is there, in the product's stock unit."""
        asked = {"product_id": self.products[name]["id"], "location_id": self.place["id"]}
        return sum((Decimal(item["on_hand"]) for item in self.items(**asked)), Decimal(0))

    def value(self, name: str) -> Decimal:
        """What the service says it is worth."""
        asked = {"product_id": self.products[name]["id"], "location_id": self.place["id"]}
        return sum((Decimal(item["value"]) for item in self.items(**asked)), Decimal(0))

    def items(self, **filters: str) -> list[dict[str, Any]]:
        return self.ask("GET", "/api/inventory", params=filters)["items"]

    def set_reorder_point(self, name: str, point: str, par: str) -> None:
        (item,) = self.items(product_id=self.products[name]["id"], location_id=self.place["id"])
        policy = {"reorder_point": point, "par_level": par}
        self.ask("PATCH", f"/api/inventory/{item['id']}", json=policy, headers={"If-Match": f'"{item["version"]}"'})

    def wait_for(self, question: Callable[[], Any], seconds: float = 30) -> Any:
        """Ask until the answer is true; the worker does its part in its own time."""
        deadline = time.monotonic() + seconds
        while not (answer := question()):
            assert time.monotonic() < deadline, "it did not happen"
            time.sleep(0.1)
        return answer

    def supplier(self, name: str = "Alder Wholefoods") -> dict[str, Any]:
        body = {"id": str(uuid7()), "code": secrets.token_hex(5).upper(), "name": name, "currency": "USD"}
        return self.ask("POST", "/api/suppliers", json=body)

    def sold_by(self, supplier: dict[str, Any], product: str, *, price: str = "20") -> dict[str, Any]:
        """The product in bags of 5 kg at this price."""
        body = {
            "id": str(uuid7()),
            "supplier_id": supplier["id"],
            "product_id": self.products[product]["id"],
            "supplier_sku": secrets.token_hex(5),
            "pack_name": "bag 5 kg",
            "pack_quantity": "5",
            "pack_unit": "kg",
            "price": price,
        }
        return self.ask("POST", "/api/supplier-products", json=body)

    def order(self, supplier: dict[str, Any], packs: dict[str, str]) -> dict[str, Any]:
        """A draft order for so many packs by product name."""
        lines = [
            {"product_id": self.products[name]["id"], "packs_ordered": count, "id": str(uuid7())}
            for name, count in packs.items()
        ]
        body = {"id": str(uuid7()), "supplier_id": supplier["id"], "location_id": self.place["id"], "lines": lines}
        return self.ask("POST", "/api/purchase-orders", json=body)
