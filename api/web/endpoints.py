"""The operator's pages: HTML shells that anybody may load; what fills them comes from the API with the session."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from fastapi.templating import Jinja2Templates
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from api.config import get_settings
from api.core.headers import new_nonce
from api.identity.cookies import cookie_names
from api.web import assets
from api.web.headers import page_headers

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

_environment = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=select_autoescape(default=True),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_templates = Jinja2Templates(env=_environment)


@dataclass(frozen=True, slots=True)
class Section:
    """One entry of the navigation; `key` follows `g` on the keyboard."""

    name: str
    title: str
    path: str
    key: str


SECTIONS = (
    Section("scan", "Scan", "/", "c"),
    Section("stock", "Stock", "/stock", "s"),
    Section("counts", "Counts", "/counts", "n"),
    Section("transfers", "Transfers", "/transfers", "t"),
    Section("waste", "Waste", "/waste", "w"),
    Section("orders", "Orders", "/orders", "o"),
    Section("dishes", "Menu", "/menu", "m"),
    Section("alerts", "Alerts", "/alerts", "a"),
)


def _page(request: Request, name: str, title: str, *, section: str, **context: Any) -> HTMLResponse:
    nonce = new_nonce()
    settings = get_settings()
    return _templates.TemplateResponse(
        request,
        f"{name}.html",
        {
            "page": name,
            "title": title,
            "section": section,
            "sections": SECTIONS,
            "nonce": nonce,
            "asset": assets.url,
            "dashboards_url": settings.stockpot_dashboards_url,
            "csrf_cookie": cookie_names(settings.stockpot_public_url).csrf,
            "environment": settings.stockpot_environment,
            **context,
        },
        headers=page_headers(nonce),
    )


@router.get("/")
def scan_page(request: Request) -> HTMLResponse:
    """Scan: a code in, the stock moved, undo beside it."""
    return _page(request, "scan", "Scan", section="scan", has_decoder=assets.has_decoder())


@router.get("/login")
def login_page(request: Request) -> HTMLResponse:
    """Log in."""
    return _page(request, "login", "Log in", section="")


@router.get("/stock")
def stock_page(request: Request) -> HTMLResponse:
    """What there is, and what runs out."""
    return _page(request, "stock", "Stock", section="stock")


@router.get("/stock/{item_id}")
def item_page(request: Request, item_id: UUID) -> HTMLResponse:
    """One item: how much, and how it came to that."""
    return _page(request, "item", "Item", section="stock", record_id=item_id)


@router.get("/transfers")
def transfers_page(request: Request) -> HTMLResponse:
    """Goods between restaurants, on the road or not yet."""
    return _page(request, "transfers", "Transfers", section="transfers")


@router.get("/transfers/{transfer_id}")
def transfer_page(request: Request, transfer_id: UUID) -> HTMLResponse:
    """One transfer: what left, what came, and what became of the rest."""
    return _page(request, "transfer", "Transfer", section="transfers", record_id=transfer_id)


@router.get("/waste")
def waste_page(request: Request) -> HTMLResponse:
    """What was thrown away, why, and what it was worth."""
    return _page(request, "waste", "Waste", section="waste")


@router.get("/counts")
def counts_page(request: Request) -> HTMLResponse:
    """Count sheets: those under way, and a new one."""
    return _page(request, "counts", "Counts", section="counts")


@router.get("/counts/{count_id}")
def count_page(request: Request, count_id: UUID) -> HTMLResponse:
    """One sheet: counting along the shelves, and reviewing what came out."""
    return _page(request, "count", "Count", section="counts", record_id=count_id, has_decoder=assets.has_decoder())


@router.get("/orders")
def orders_page(request: Request) -> HTMLResponse:
    """Orders to suppliers, the most urgent first."""
    return _page(request, "orders", "Orders", section="orders")


@router.get("/orders/{order_id}")
def order_page(request: Request, order_id: UUID) -> HTMLResponse:
    """One order: its lines, why it was suggested, and what can be done with it."""
    return _page(request, "order", "Order", section="orders", record_id=order_id)


@router.get("/menu")
def menu_page(request: Request) -> HTMLResponse:
    """What each item of the menu costs, leaves and contains."""
    return _page(request, "menu", "Menu", section="dishes")


@router.get("/alerts")
def alerts_page(request: Request) -> HTMLResponse:
    """What wants attention."""
    return _page(request, "alerts", "Alerts", section="alerts")
