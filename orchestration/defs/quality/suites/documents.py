"""What suppliers sent: price lists, invoices and credit notes; until somebody loads any there is nothing to check."""

# ruff: noqa: S608 - the names in these queries are this module's own constants

from __future__ import annotations

from collections.abc import Sequence

from orchestration.defs.quality.suites.ledger import DAMAGED
from orchestration.defs.quality.suites.queries import RAW
from orchestration.lib.expectations import Expect, as_usual, between, no_rows, one_of, present, shaped, store, told

INVOICES, LINES, PRICES = "raw_invoices.invoices", "raw_invoices.invoice_lines", "raw_supplier_catalogs.prices"
INVOICE_DAYS = 14
MOST_CHANGE = 0.5
"""Share by which a price may move from one list to the next before somebody should look."""

LINE_COUNTS = f"""
select own.number, own.supplier_name, own.line_count as stated, count(line.line_id) as found
from {{batch}} as own left join {LINES} as line on line.document_id = own.document_id
group by own.document_id, own.number, own.supplier_name, own.line_count having own.line_count <> count(line.line_id)
"""

FUTURE = "select number, supplier_name, issued_on from {batch} as own where issued_on > current_date + 1"

UNKNOWN_SENDERS = f"""
select own.supplier_name, own.supplier_key, own.supplier_code, count(*) as documents, min(own.number) as first_number
from {{batch}} as own
where not exists (select from {RAW}.suppliers as supplier where supplier.code = own.supplier_code)
    and not exists (
        select from {LINES} as line inner join {RAW}.purchase_orders as ordered on ordered.number = line.order_number
        where line.document_id = own.document_id
    )
group by 1, 2, 3 order by 4 desc, 1
"""

# Only where invoices are in use: the supplier had sent one before the goods came.
WITHOUT_INVOICE = f"""
with billed as (
    select invoice.issued_on, invoice.supplier_code, coalesce(line.order_number, invoice.order_number) as order_number
    from {{batch}} as invoice left join {LINES} as line on line.document_id = invoice.document_id
),
senders as (
    select supplier.id as supplier_id, supplier.code, min(billed.issued_on) as since
    from billed
    left join {RAW}.purchase_orders as ordered on ordered.number = billed.order_number
    left join {RAW}.suppliers as asked on asked.id = ordered.supplier_id
    inner join {RAW}.suppliers as supplier on supplier.code = coalesce(asked.code, billed.supplier_code)
    group by 1, 2
)
select ordered.number, senders.code as supplier, cast(ordered.received_at as date) as received_on
from {RAW}.purchase_orders as ordered inner join senders on senders.supplier_id = ordered.supplier_id
where ordered.status in ('received', 'closed') and ordered.received_at < now() - interval '{INVOICE_DAYS} days'
    and senders.since <= cast(ordered.received_at as date)
    and not exists (select from billed where billed.order_number = ordered.number)
order by ordered.received_at, ordered.number
"""

WITHOUT_DOCUMENT = f"""
select line_id, document_id from {{batch}} as own
where not exists (select from {INVOICES} as invoice where invoice.document_id = own.document_id)
"""

UNKNOWN_ORDERS = f"""
select own.order_number, count(*) as lines, min(own.document_id) as document_id from {{batch}} as own
where own.order_number is not null
    and not exists (select from {RAW}.purchase_orders as ordered where ordered.number = own.order_number)
group by 1 order by 1
"""

NOT_BOUGHT = f"""
select ordered.number as order_number, own.supplier_sku, own.item_name, count(*) as lines
from {{batch}} as own inner join {RAW}.purchase_orders as ordered on ordered.number = own.order_number
where own.supplier_sku is not null and not exists (
    select from {RAW}.supplier_products as article
    where article.supplier_id = ordered.supplier_id and article.supplier_sku = own.supplier_sku
)
group by 1, 2, 3 order by 1, 2
"""

NOBODYS_PRICES = f"""
select supplier_code, count(*) as rows, min(source_file) as source_file from {{batch}} as own
where not exists (select from {RAW}.suppliers as supplier where supplier.id = own.supplier_id) group by 1 order by 1
"""

OTHER_MONEY = f"""
select own.supplier_code, own.currency, supplier.currency as supplier_currency, count(*) as rows
from {{batch}} as own inner join {RAW}.suppliers as supplier on supplier.id = own.supplier_id
where own.currency <> supplier.currency group by 1, 2, 3 order by 1
"""

# An article's newest word that holds today; one that is no longer offered has no price to run out.
LAPSED = f"""
select latest.supplier_code, latest.supplier_sku, latest.name, latest.valid_until
from (
    select distinct on (supplier_id, supplier_sku) * from {{batch}} as own where valid_from <= current_date
    order by supplier_id, supplier_sku, valid_from desc, loaded_at desc
) as latest
where latest.is_offered and latest.valid_until < current_date and exists (
    select from {RAW}.supplier_products as article where article.is_active
        and article.supplier_id = latest.supplier_id and article.supplier_sku = latest.supplier_sku
)
order by latest.supplier_code, latest.supplier_sku
"""

LEAPS = f"""
select * from (
    select distinct on (supplier_id, supplier_sku)
        supplier_code, supplier_sku, name, valid_from, round(price / price_quantity, 6) as price,
        round(
            lag(price / price_quantity) over (partition by supplier_id, supplier_sku order by valid_from, loaded_at), 6
        ) as price_before
    from {{batch}} as own where is_offered and price_quantity > 0
    order by supplier_id, supplier_sku, valid_from desc, loaded_at desc
) as latest
where abs(price - price_before) > {MOST_CHANGE} * price_before order by supplier_code, supplier_sku
"""


def _told_rows(name: str, query: str, reason: str, tables: Sequence[str] = ()) -> Expect:
    return told(no_rows(name, query, reason=reason, tables=tables))


DOCUMENTS = (
    store(
        "raw_supplier_catalogs",
        "prices",
        present("supplier_code", "supplier_sku", "valid_from", reason=DAMAGED),
        shaped("currency", "^[A-Z]{3}$", reason="Money needs an ISO code of three letters. Correct the price list."),
        between("price", 0, None, reason="No pack costs less than nothing. Correct the price list."),
        between("price_quantity", 0, None, above=True, reason="A price is for something. Correct the price list."),
        between("pack_quantity", 0, None, above=True, reason="A pack must hold something. Correct the price list."),
        _told_rows(
            "every supplier is known",
            NOBODYS_PRICES,
            "Nobody sells at these prices. Load the list by a supplier's code.",
        ),
        _told_rows(
            "prices are in the supplier's currency",
            OTHER_MONEY,
            "Orders are in the supplier's currency, so these prices cannot be compared. Ask for the right list.",
        ),
        _told_rows(
            "no price in use has run out",
            LAPSED,
            "The list's term is over and articles are still bought. Ask for the new one.",
        ),
        _told_rows(
            "no price leaps",
            LEAPS,
            f"The newest price differs from the one before by more than {MOST_CHANGE:.0%}: a pack may have changed, "
            "or a decimal point. Compare it with the supplier's paper.",
        ),
        as_usual(0.999),
        key=["row_id"],
        may_be_missing=True,
    ),
    store(
        "raw_invoices",
        "invoices",
        present("number", "supplier_key", "issued_on", "payable", reason=DAMAGED),
        one_of(
            "kind", ["invoice", "credit_note"], reason="The marts know bills and credit notes. Teach them the kind."
        ),
        no_rows("every stated line is there", LINE_COUNTS, tables=[LINES], reason=DAMAGED),
        _told_rows("no invoice lies in the future", FUTURE, "Day and month may have changed places. Ask the supplier."),
        _told_rows(
            "every sender is known",
            UNKNOWN_SENDERS,
            "Such bills count for no supplier. Drop them in a folder of the supplier's code, or enter the supplier.",
            [LINES],
        ),
        _told_rows(
            "every delivery has its invoice",
            WITHOUT_INVOICE,
            f"No invoice names what came more than {INVOICE_DAYS} days ago. Ask the supplier for it.",
            [LINES],
        ),
        as_usual(0.999),
        key=["document_id"],
        may_be_missing=True,
    ),
    store(
        "raw_invoices",
        "invoice_lines",
        no_rows("every document is known", WITHOUT_DOCUMENT, tables=[INVOICES], reason=DAMAGED),
        told(between("price", 0, None, reason="A supplier bills less than nothing. Look at the invoice.")),
        _told_rows(
            "every order is known",
            UNKNOWN_ORDERS,
            "Bills name orders that were never made here, so they match no delivery. Ask whose they are before paying.",
        ),
        _told_rows(
            "every billed article is bought there",
            NOT_BOUGHT,
            "The bill's article is none of the supplier's, so its line matches no delivery. Enter its article number.",
        ),
        key=["line_id"],
        may_be_missing=True,
    ),
)
