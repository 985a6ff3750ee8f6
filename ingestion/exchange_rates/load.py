"""`raw_exchange_rates.rates`: what the lists say now, replaced whole; a list with a bad line changes nothing."""

from __future__ import annotations

import os
from pathlib import Path

from ingestion.exchange_rates.lists import Lists, read_lists
from ingestion.warehouse import connect

CREATE = """
create schema if not exists raw_exchange_rates;
create table if not exists raw_exchange_rates.rates (
    base_currency text not null,
    quote_currency text not null,
    valid_from date not null,
    rate numeric(24, 12) not null check (rate > 0),
    source_file text not null,
    source_line integer not null,
    loaded_at timestamptz not null default now(),
    primary key (base_currency, quote_currency, valid_from)
);
select pg_advisory_xact_lock(hashtextextended('stockpot load raw_exchange_rates', 0));
delete from raw_exchange_rates.rates;
"""

COPY = """
copy raw_exchange_rates.rates (base_currency, quote_currency, valid_from, rate, source_file, source_line) from stdin
"""


def drop_folder() -> Path:
    """EXCHANGE_RATE_PATH of the environment, by default `drop/exchange_rates` in STOCKPOT_HOME."""
    home = Path(os.environ.get("STOCKPOT_HOME", "var"))
    return Path(os.environ.get("EXCHANGE_RATE_PATH") or home / "drop" / "exchange_rates")


def load_rates(folder: Path, warehouse_url: str) -> Lists:
    """Take over what the folder's lists say, in one transaction, and give it.

    Where a line cannot be read nothing is changed: the rates stay as they were, rather than without that day's.
    """
    lists = read_lists(folder)
    if lists.problems:
        return lists
    with connect(warehouse_url) as session:
        session.execute(CREATE)
        with session.cursor().copy(COPY) as copy:
            for each in lists.rates:
                copy.write_row((each.base, each.quote, each.valid_from, each.rate, each.file, each.line))
    return lists
