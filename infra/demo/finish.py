"""The last touches: order policies, an order on its way, a draft that waits, reports for the manager."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from math import ceil, floor
from typing import Any

from infra.demo.client import Person, Refused
from infra.demo.history import History, People
from infra.demo.ids import fact_id
from infra.demo.plan import Order, OrderLine, Plan, local
from infra.demo.restaurant import Offer, Restaurant
from infra.demo.setting import Setting

# One pack used of the first brings it below its reorder point; README names it for whoever tries an alert.
SLIGHTLY_ABOVE = ("MOZZARELLA", "PARMESAN", "PEPPERONI", "OLIVE-OIL")
BELOW = ("CORN", "CAPERS")
SCANNED_PACK = {"MOZZARELLA": 2000}


class Finish:
    """Sets what a manager would set after a year's experience."""

    def __init__(self, people: People, restaurant: Restaurant, setting: Setting, plan: Plan, today: date) -> None:
        self._people, self._restaurant, self._setting = people, restaurant, setting
        self._plan, self._today = plan, today
        self._skus = {product_id: sku for sku, product_id in setting.products.items()}

    def run(self, history: History, progress: Callable[[str], None]) -> None:
        """Policies come last, so that nothing in the year raised an alert."""
        self._order_on_its_way(history)
        self._draft()
        self._reports()
        count = sum(self._policies(code) for code in self._setting.locations)
        progress(f"{count} reorder points and par levels; {', '.join(BELOW)} stand below theirs")

    # ------------------------------------------------------------------ policies

    def _policies(self, location: str) -> int:
        manager = self._people.manager
        items = list(manager.each("/api/inventory", location_id=self._setting.locations[location]))
        for item in items:
            policy = self._policy(location, self._skus[item["product"]["id"]], float(item["on_hand"]))
            if policy is not None and item["reorder_point"] is None:
                point, par = policy
                body = {"reorder_point": str(point), "par_level": str(par)}
                manager.patch(f"/api/inventory/{item['id']}", body, item["version"])
        return len(items)

    def _policy(self, location: str, sku: str, on_hand: float) -> tuple[int, int] | None:
        """Reorder point and par level from use, lead time and delivery days; the chosen few near what is on hand."""
        offer = self._restaurant.preferred.get(sku)
        if offer is None or on_hand <= 0:
            return None
        if location != "RIV":
            return floor(on_hand * 0.5), ceil(on_hand * 1.5)
        supplier = self._restaurant.suppliers[offer.supplier]
        daily = self._plan.daily_usage[sku]
        protected = supplier["lead_time_days"] + supplier["orders"]["safety_days"]
        cycle = 7 * supplier["orders"]["every_weeks"] / len(supplier["orders"]["weekdays"])
        point = min(floor(daily * protected), floor(on_hand * 0.8))
        if sku in SLIGHTLY_ABOVE:
            point = floor(on_hand - SCANNED_PACK.get(sku, on_hand * 0.05) / 2)
        elif sku in BELOW:
            point = ceil(on_hand * 1.2)
        par = max(ceil(daily * (protected + cycle)), point + ceil(self._pack(offer)))
        return point, par

    def _pack(self, offer: Offer) -> float:
        return float(offer.pack_quantity) * int(self._restaurant.ingredients[offer.sku].factor(offer.pack_unit))

    # ------------------------------------------------------------------ orders

    def _offers(self, supplier: str, skus: tuple[str, ...]) -> list[OrderLine]:
        week = (self._today - self._plan.first_day).days // 7
        offers = self._restaurant.preferred
        return [
            OrderLine(offers[sku], 2, offers[sku].price_in(week)) for sku in skus if offers[sku].supplier == supplier
        ]

    def _order_on_its_way(self, history: History) -> None:
        """Sent two days ago, not here yet."""
        ordered_at = local(self._today - timedelta(days=2), 11)
        lines = self._offers("BIANCHI", ("HAM", "PROSCIUTTO", "NDUJA"))
        due = next(day for day in (self._today + timedelta(days=n) for n in range(1, 8)) if day.isoweekday() in {3, 6})
        history.place(Order("RIV", "BIANCHI", ordered_at, due, lines))

    def _draft(self) -> None:
        """What the operator has written down for the market and nobody has submitted."""
        at = min(local(self._today, 8), datetime.now(UTC) - timedelta(minutes=5))
        at = at.replace(microsecond=0)
        key = ("draft", self._today.isoformat())
        order_id = fact_id(local(self._today, 0), *key)
        if self._is_there(self._people.operator, f"/api/purchase-orders/{order_id}"):
            return
        lines = self._offers("GREENMARKET", ("TOMATO-FRESH", "SPINACH", "BASIL", "MUSHROOM"))
        body = {
            "id": order_id,
            "supplier_id": self._setting.suppliers["GREENMARKET"],
            "location_id": self._setting.locations["RIV"],
            "occurred_at": at.isoformat(),
            "note": "For the weekend",
            "lines": [
                {"supplier_product_id": self._setting.offers[line.offer.supplier_sku], "packs_ordered": str(line.packs)}
                for line in lines
            ],
        }
        self._people.operator.post("/api/purchase-orders", body)

    @staticmethod
    def _is_there(person: Person, path: str) -> bool:
        try:
            person.get(path)
        except Refused as refused:
            if refused.status == 404:
                return False
            raise
        return True

    # ------------------------------------------------------------------ reports

    def _reports(self) -> None:
        """Every report goes to the manager."""
        manager = self._people.manager
        me: str = manager.user["id"]
        reports: list[dict[str, Any]] = list(manager.each("/api/reports"))
        for report in reports:
            if me not in report["recipients"]:
                body = {"recipients": [*report["recipients"], me]}
                manager.patch(f"/api/reports/{report['id']}", body, report["version"])
