"""A person, a mail folder, and messages on this worker's database."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import func, update

import api.schema  # noqa: F401
from api.config import Settings
from api.core.database import forget_engine, transaction
from api.domain.ids import uuid7
from api.identity.models import User
from api.notifications.delivery import deliver_once
from api.notifications.mail import Sender
from api.notifications.messages import Message
from api.notifications.models import Notification
from api.notifications.service import notify
from api.notifications.transport import FolderMailer, Mailer
from api.purchasing.repository import contact_address
from tests.api.purchasing.kitchen import Kitchen

SENDER = Sender("Stockpot <stockpot@example.com>", "https://stock.example", lambda key: f"https://files.example/{key}")


def low_stock(item: str = "Mozzarella", left: str = "12 kg", order: str = "1", group: str = "place") -> Message:
    return Message(
        kind="low_stock",
        subject=f"Riverside: {item} below its reorder point, {left} left",
        subject_many="Riverside: {n} items below their reorder point",
        intro="At Riverside this wants attention.",
        columns=("Item", "Left"),
        rows=[(item, left)],
        path=f"/orders/{order}",
        button="Look at the order",
        path_many="/alerts",
        button_many="See the alerts",
        group_key=group,
    )


@dataclass
class Post:
    """Tells somebody something and sends what is due."""

    reader: User
    folder: Path

    def tell(self, message: Message, *, event_id: UUID | None = None, to: User | None = None) -> UUID:
        event_id = event_id or uuid7()
        with transaction() as session:
            notify(session, event_id=event_id, user_ids=[(to or self.reader).id], message=message)
        return event_id

    def make_due(self) -> None:
        with transaction() as session:
            mine = Notification.user_id == self.reader.id
            session.execute(update(Notification).where(mine).values(available_at=func.now()))

    def send(self, mailer: Mailer | None = None) -> None:
        self.make_due()
        while deliver_once(mailer or FolderMailer(self.folder), SENDER, contact_address):
            pass

    def mails(self) -> list[EmailMessage]:
        read = [message_from_bytes(path.read_bytes(), policy=policy.default) for path in self.folder.glob("*.eml")]
        return [mail for mail in read if self.reader.email in mail["To"]]  # type: ignore[misc]

    def rows(self, channel: str = "email") -> list[Notification]:
        with transaction() as session:
            query = session.query(Notification).filter_by(user_id=self.reader.id, channel=channel)
            return query.order_by(Notification.created_at).all()


@pytest.fixture
def make_person(settings: Settings) -> Iterator[Callable[..., User]]:
    forget_engine()

    def make(**values: object) -> User:
        with transaction() as session:
            return Kitchen(session).person("purchase_orders.approve", **values)

    yield make
    forget_engine()


@pytest.fixture
def post(make_person: Callable[..., User], tmp_path: Path) -> Post:
    return Post(make_person(), tmp_path / "mail")
