"""How dbt reaches the warehouse: its profile cannot read a URL, so WAREHOUSE_URL is split into variables."""

from __future__ import annotations

from urllib.parse import parse_qs, unquote, urlsplit


def dbt_environment(warehouse_url: str) -> dict[str, str]:
    """The variables that `dbt_project/profiles.yml` reads, for a `postgresql://user:password@host:port/database` URL.

    Raises ValueError for another scheme or a URL without host or database.
    """
    parts = urlsplit(warehouse_url)
    database = parts.path.lstrip("/")
    if parts.scheme not in {"postgresql", "postgres"} or not parts.hostname or not database:
        raise ValueError("WAREHOUSE_URL must read postgresql://user:password@host:port/database")
    variables = {
        "DBT_HOST": parts.hostname,
        "DBT_PORT": str(parts.port or 5432),
        "DBT_USER": unquote(parts.username or ""),
        "DBT_PASSWORD": unquote(parts.password or ""),
        "DBT_DBNAME": unquote(database),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    }
    if sslmode := parse_qs(parts.query).get("sslmode"):
        variables["DBT_SSLMODE"] = sslmode[0]
    return variables
