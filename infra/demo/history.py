"""The planned year sent to the API in order of time: orders, deliveries, sales, counts and waste."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from infra.demo.client import LoadError, Person, Refused
from infra.demo.ids import fact_id
from infra.demo.plan import Deplete, Order, Plan, Receive, Scans, weeks_of
from infra.demo.restaurant import Restaurant
from infra.demo.setting import Setting

LIFE = ("draft", "submitted", "approved", "sent", "partially_received", "received", "closed")
ORDERING_THREADS = 2
ACCEPTED = frozenset({"posted", "duplicate"})


@dataclass(frozen=True)
class People:
    """Who does what: nobody approves an order of their own."""

    admin: Person
    manager: Person
    operator: Person

    def on_duty(self, location: str) -> Person:
        """Who orders, receives and scans at a location; the operator works at Riverside alone."""
        return self.operator if location == "RIV" else self.admin


class History:
    """Plays a plan; every request carries an id that follows from the plan, so playing it again adds nothing."""

    def __init__(self, people: People, restaurant: Restaurant, setting: Setting, plan: Plan) -> None:
        self._people, self._restaurant, self._setting, self._plan = people, restaurant, setting, plan
        self._lines: dict[tuple[str, str, str], dict[str, str]] = {}

    def play(self, progress: Callable[[str], None], done_weeks: int, week_done: Callable[[int], None]) -> None:
        """Orders are placed by two threads ahead of the deliveries; whatever moves stock goes in order of time.

        Weeks before `done_weeks` were played by a load that was interrupted; `week_done` is told each week.
        """
        weeks = [(week, acts) for week, acts in weeks_of(self._plan) if week >= done_weeks]
        wanted = {act.order.key for _, acts in weeks for act in acts if isinstance(act, Receive)}
        with ThreadPoolExecutor(ORDERING_THREADS) as pool:
            placed: dict[tuple[str, str, str], Future[None]] = {
                order.key: pool.submit(self.place, order)
                for order in self._plan.orders
                if order.key in wanted or not order.deliveries
            }
            try:
                self._play_weeks(weeks, placed, progress, week_done)
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                raise
            for order in placed.values():
                order.result()

    def _play_weeks(
        self,
        weeks: list[tuple[int, list[Any]]],
        placed: dict[tuple[str, str, str], Future[None]],
        progress: Callable[[str], None],
        week_done: Callable[[int], None],
    ) -> None:
        total = max((week for week, _ in weeks), default=0) + 1
        for week, acts in weeks:
            for act in acts:
                if isinstance(act, Receive):
                    placed[act.order.key].result()
                    self._receive(act)
                elif isinstance(act, Deplete):
                    self._deplete(act)
                else:
                    self._scan(act)
            week_done(week)
            if week % 4 == 3 or week == total - 1:
                progress(f"week {week + 1} of {total}: orders, deliveries, sales, counts and waste")

    # ------------------------------------------------------------------ orders

    def place(self, order: Order) -> None:
        """Draft, submit, approve and send an order."""
        on_duty, manager = self._people.on_duty(order.location), self._people.manager
        body = {
            "id": self._order_id(order),
            "supplier_id": self._setting.suppliers[order.supplier],
            "location_id": self._setting.locations[order.location],
            "occurred_at": order.ordered_at.isoformat(),
            "expected_on": order.expected_on.isoformat(),
            "lines": [
                {
                    "id": self._line_id(order, line.offer.sku),
                    "supplier_product_id": self._setting.offers[line.offer.supplier_sku],
                    "packs_ordered": str(line.packs),
                    "price": str(line.price),
                }
                for line in order.lines
            ],
        }
        made = on_duty.post("/api/purchase-orders", body)
        steps = ((on_duty, "submitted", 5), (manager, "approved", 40), (manager, "sent", 45))
        for person, status, minutes in steps:
            if LIFE.index(made["status"]) < LIFE.index(status):
                at = order.ordered_at + timedelta(minutes=minutes)
                made = self._step(person, order, status, at) or made

    def order_number(self, order: Order) -> str:
        """The number that the service gave an order."""
        number: str = self._people.manager.get(f"/api/purchase-orders/{self._order_id(order)}")["number"]
        return number

    @staticmethod
    def _order_id(order: Order) -> str:
        return fact_id(order.ordered_at, "order", *order.key)

    def _step(self, person: Person, order: Order, status: str, at: datetime, **more: Any) -> dict[str, Any] | None:
        """Take a step of the order's life; None where an interrupted load has taken it."""
        url = f"/api/purchase-orders/{self._order_id(order)}"
        try:
            return person.patch(f"{url}/status", {"status": status, "occurred_at": at.isoformat(), **more})
        except Refused as refused:
            now = person.get(url)["status"]
            if refused.status == 409 and LIFE.index(now) >= LIFE.index(status):
                return None
            raise

    @staticmethod
    def _line_id(order: Order, sku: str) -> str:
        return fact_id(order.ordered_at, "order line", *order.key, sku)

    def _receive(self, act: Receive) -> None:
        order, delivery = act.order, act.order.deliveries[act.number]
        lines = []
        for sku, packs in delivery.packs.items():
            area = self._setting.areas[order.location, self._restaurant.ingredients[sku].area]
            receipt = fact_id(delivery.at, "receipt", *order.key, act.number, sku)
            line = {"line_id": self._line_id(order, sku), "receipt_id": receipt, "packs": str(packs), "area_id": area}
            if sku in delivery.prices:
                line["price"] = str(delivery.prices[sku])
            lines.append(line)
        status = "received" if act.number + 1 == len(order.deliveries) else "partially_received"
        on_duty = self._people.on_duty(order.location)
        self._step(on_duty, order, status, delivery.at, lines=lines, device_id="tablet-1")
        if order.closed_at is not None and act.number + 1 == len(order.deliveries):
            self._step(self._people.manager, order, "closed", order.closed_at)

    # ------------------------------------------------------------------ stock

    def _deplete(self, act: Deplete) -> None:
        answer = self._people.admin.post(
            "/api/depletions",
            {
                "location_id": self._setting.locations["RIV"],
                "business_day": act.day.isoformat(),
                "sales": [{"menu_item_code": code, "quantity": str(count)} for code, count in act.sold.items()],
            },
        )
        if answer["unmapped"]:
            raise LoadError(f"no recipe for {', '.join(answer['unmapped'])} on {act.day}")

    def _scan(self, act: Scans) -> None:
        location = self._setting.locations[act.location]
        scans = [
            {
                "id": fact_id(act.at, "scan", act.location, action, sku),
                "code": f"RIV-{sku}",
                "symbology": "code128",
                "location_id": location,
                "action": action,
                "quantity": str(quantity),
                "unit": self._restaurant.ingredients[sku].stock_unit,
                "reason_code": reason,
                "occurred_at": act.at.isoformat(),
                "device_id": "tablet-1",
            }
            for action, sku, quantity, reason in act.lines
        ]
        for result in self._people.on_duty(act.location).post("/api/scans", {"scans": scans})["results"]:
            if result["status"] not in ACCEPTED:
                raise LoadError(f"a scan was answered {result['status']}: {result['error']}")
