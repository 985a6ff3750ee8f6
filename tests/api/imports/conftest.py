"""A session that is rolled back, and short ways to send a file through the service in it."""

from __future__ import annotations

import io
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from api.domain.gtin import check_digit
from api.imports import presenting, repository, service
from api.imports.kinds.products import PRODUCTS
from api.imports.kinds.supplier_products import SUPPLIER_PRODUCTS
from api.imports.mapping import read_mapping
from api.imports.models import Import
from api.imports.schemas import RowAnswer
from tests.api.rooms import session

__all__ = ["session"]


def gtin(length: int = 13) -> str:
    """A valid code that no other test has."""
    body = "".join(secrets.choice("123456789") for _ in range(length - 1))
    return f"{body}{check_digit(body)}"


@dataclass
class Desk:
    """Sends files and looks at what came of them."""

    session: Session
    kind: Any = PRODUCTS
    supplier: str | None = None

    def send(self, content: str | bytes, mapping: Mapping[str, Any] | None = None, name: str = "catalog.csv") -> Import:
        file = io.BytesIO(content.encode() if isinstance(content, str) else content)
        declared = None if mapping is None else read_mapping(mapping, self.kind.mapping)
        upload = service.Upload(self.kind, file, name, mapping=declared, supplier=self.supplier)
        return service.preview(self.session, upload, actor_id=None)

    def apply(self, one: Import) -> dict[str, int]:
        service.apply(self.session, one.id, holds=lambda _: True, actor_id=None)
        return self.counts(one)

    def counts(self, one: Import) -> dict[str, int]:
        """The rows of each verdict, those that there are."""
        rows = presenting.import_answer(self.session, one).rows
        return {name: count for name, count in rows.model_dump().items() if count}

    def rows(self, one: Import) -> list[RowAnswer]:
        self.session.expire_all()
        found = repository.list_rows(self.session, one.id, verdict=None, after=None, limit=None)
        return [presenting.row_answer(one, row) for row in found]

    def problems(self, one: Import) -> dict[int, tuple[str | None, str]]:
        """Line → column and code of each quarantined row."""
        return {row.line: (row.problems[0].column, row.problems[0].code) for row in self.rows(one) if row.problems}

    def sql(self, statement: str, **values: Any) -> list[Any]:
        return list(self.session.execute(text(statement), values).all())


@pytest.fixture
def desk(session: Session) -> Desk:
    """For catalogs."""
    return Desk(session)


@pytest.fixture
def supplier_desk(session: Session) -> Desk:
    """For the price lists of a supplier of this test's own, who sells in dollars."""
    code = f"S{secrets.token_hex(5)}"
    session.execute(
        text("insert into suppliers (code, name, currency) values (:code, 'Alder Dairy', 'USD')"), {"code": code}
    )
    return Desk(session, SUPPLIER_PRODUCTS, code)
