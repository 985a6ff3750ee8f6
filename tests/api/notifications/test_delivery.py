"""Mail in a folder and through a real SMTP conversation."""

from __future__ import annotations

import smtplib
import socket
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy

import pytest
from aiosmtpd.controller import Controller
from sqlalchemy import update

from api.config import Settings
from api.core.database import transaction
from api.domain.ids import uuid7
from api.identity.models import User
from api.notifications.delivery import TRIES
from api.notifications.messages import Message
from api.notifications.models import Notification
from api.notifications.service import write_to_contact
from api.notifications.transport import FolderMailer, SmtpMailer, open_mailer
from tests.api.notifications.conftest import Post, low_stock
from tests.api.purchasing.kitchen import Kitchen


class TestFolder:
    def test_subject_table_button_and_twin(self, post: Post):
        post.tell(low_stock())
        post.send()
        (mail,) = post.mails()
        assert mail["Subject"] == "Riverside: Mozzarella below its reorder point, 12 kg left"
        assert mail["To"] == f"{post.reader.name} <{post.reader.email}>"
        plain, html = mail.get_body(("plain",)), mail.get_body(("html",))
        assert plain is not None
        assert html is not None
        assert "Mozzarella  12 kg" in plain.get_content()
        assert "Look at the order: https://stock.example/orders/1" in plain.get_content()
        assert '<a href="https://stock.example/orders/1"' in html.get_content()
        assert html.get_content().count("<a ") == 1
        assert [row.status for row in post.rows()] == ["sent"]

    def test_what_people_typed_is_never_markup(self, post: Post):
        post.tell(low_stock(item='<script>alert(1)</script>"&'))
        post.send()
        html = post.mails()[0].get_body(("html",))
        assert html is not None
        assert "<script>" not in html.get_content()
        assert "&lt;script&gt;" in html.get_content()

    def test_a_line_break_in_a_subject_makes_no_header(self, post: Post):
        post.tell(low_stock(item="Cheese\r\nBcc: everybody@example.com"))
        post.send()
        (mail,) = post.mails()
        assert mail["Bcc"] is None
        assert "Cheese Bcc: everybody@example.com" in mail["Subject"]

    def test_one_mail_per_event_and_person(self, post: Post):
        event_id = post.tell(low_stock())
        post.tell(low_stock(), event_id=event_id)
        post.send()
        post.tell(low_stock(), event_id=event_id)
        post.send()
        assert len(post.mails()) == 1
        assert len(post.rows("inbox")) == 1

    def test_several_of_one_place_leave_as_one(self, post: Post):
        post.tell(low_stock("Mozzarella", "4 kg", "1"))
        post.tell(low_stock("Ricotta", "1 kg", "2"))
        post.tell(low_stock("Gin", "1 l", "3", group="bar"))
        post.send()
        subjects = sorted(mail["Subject"] for mail in post.mails())
        assert subjects == [
            "Riverside: 2 items below their reorder point",
            "Riverside: Gin below its reorder point, 1 l left",
        ]
        both = next(mail for mail in post.mails() if "2 items" in mail["Subject"]).get_body(("plain",))
        assert both is not None
        text = both.get_content()
        assert "Mozzarella" in text
        assert "Ricotta" in text
        assert "See the alerts: https://stock.example/alerts" in text

    def test_half_written_mail_is_never_seen(self, post: Post):
        post.tell(low_stock())
        post.send()
        assert {path.suffix for path in post.folder.iterdir()} == {".eml"}

    def test_a_file_is_linked_when_it_leaves(self, post: Post):
        message = Message(
            "report", "Usage: 7 rows", "Ready.", ("Report",), [("Usage",)], object_key="exports/usage.csv"
        )
        post.tell(message)
        post.send()
        plain = post.mails()[0].get_body(("plain",))
        assert plain is not None
        assert "https://files.example/exports/usage.csv" in plain.get_content()
        assert f"The link works until {datetime.now(UTC) + timedelta(days=7):%d %B %Y}" in plain.get_content()

    def test_who_left_gets_nothing(self, post: Post):
        post.tell(low_stock())
        with transaction() as session:
            session.execute(update(User).where(User.id == post.reader.id).values(is_active=False))
        post.send()
        assert [row.status for row in post.rows()] == ["suppressed"]
        assert post.mails() == []


class TestContact:
    def test_the_suppliers_desk_is_looked_up_when_the_mail_leaves(self, post: Post):
        with transaction() as session:
            kitchen = Kitchen(session)
            contact = kitchen.contact(kitchen.supplier(), email=post.reader.email)
            message = Message("purchase_order", "Order PO-1", "We order:", ("Item",), [("Mozzarella",)])
            write_to_contact(session, event_id=uuid7(), contact_id=contact.id, message=message)
            contact.email = post.reader.email
        post.send()
        (mail,) = post.mails()
        assert "Order desk" in mail["To"]
        html = mail.get_body(("html",))
        assert html is not None
        assert "<a " not in html.get_content()


class Desk:
    """An SMTP server's opinion: keeps what it takes, answers as the test says."""

    def __init__(self) -> None:
        self.taken: list[bytes] = []
        self.answers: list[str] = []

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802
        answer = self.answers.pop(0) if self.answers else "250 OK"
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        self.taken.append(envelope.content)
        return "250 Message accepted"


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


@pytest.fixture
def desk() -> Iterator[Controller]:
    controller = Controller(Desk(), hostname="127.0.0.1", port=_free_port())
    controller.start()
    yield controller
    controller.stop()


def mailer_of(desk: Controller) -> SmtpMailer:
    return SmtpMailer(f"smtp://127.0.0.1:{desk.port}")


class TestSmtp:
    def test_a_conversation(self, post: Post, desk: Controller):
        post.tell(low_stock())
        post.send(mailer_of(desk))
        (content,) = desk.handler.taken
        mail = message_from_bytes(content, policy=policy.default)
        assert mail["Subject"] == "Riverside: Mozzarella below its reorder point, 12 kg left"
        assert mail.is_multipart()
        assert [row.status for row in post.rows()] == ["sent"]

    def test_not_now_is_tried_again_later(self, post: Post, desk: Controller):
        desk.handler.answers = ["451 try later"]
        post.tell(low_stock())
        post.send(mailer_of(desk))
        (row,) = post.rows()
        assert (row.status, row.attempts) == ("pending", 1)
        assert "451" in (row.last_error or "")
        post.send(mailer_of(desk))
        assert [row.status for row in post.rows()] == ["sent"]

    def test_never_is_not_tried_again(self, post: Post, desk: Controller):
        desk.handler.answers = ["550 no such mailbox"]
        post.tell(low_stock())
        post.send(mailer_of(desk))
        assert [row.status for row in post.rows()] == ["failed"]

    def test_it_gives_up_at_last(self, post: Post, desk: Controller):
        desk.handler.answers = ["451 try later"] * TRIES
        post.tell(low_stock())
        for _ in range(TRIES):
            post.send(mailer_of(desk))
        assert [row.status for row in post.rows()] == ["failed"]

    def test_a_server_that_is_down_costs_no_try(self, post: Post, desk: Controller):
        post.tell(low_stock())
        with pytest.raises(ConnectionRefusedError):
            post.send(SmtpMailer(f"smtp://127.0.0.1:{_free_port()}"))
        assert [(row.status, row.attempts) for row in post.rows()] == [("pending", 0)]
        post.send(mailer_of(desk))
        assert [row.status for row in post.rows()] == ["sent"]


class TestOpenMailer:
    def test_smtp_where_it_is_set_else_the_folder(self, settings: Settings):
        assert isinstance(open_mailer(settings), FolderMailer)
        found = open_mailer(settings.model_copy(update={"smtp_url": "smtps://me%40x:p%2Fw@mail.example"}))
        assert isinstance(found, SmtpMailer)
        assert (found.is_tls, found.host, found.port, found.user, found.password) == (
            True,
            "mail.example",
            465,
            "me@x",
            "p/w",
        )

    @pytest.mark.parametrize("url", ["http://mail.example", "smtp://", "mail.example:25"])
    def test_an_address_that_is_none_is_refused(self, url: str):
        with pytest.raises(ValueError, match="SMTP_URL"):
            SmtpMailer(url)


class TestServerErrors:
    def test_a_dropped_connection_costs_no_try(self, post: Post):
        class Dropping:
            def send(self, mail, mail_id) -> None:
                raise smtplib.SMTPServerDisconnected("gone")

        post.tell(low_stock())
        with pytest.raises(smtplib.SMTPServerDisconnected):
            post.send(Dropping())
        assert [(row.status, row.attempts) for row in post.rows()] == [("pending", 0)]
        with transaction() as session:  # do not leave it to other tests' deliveries
            session.execute(update(Notification).where(Notification.user_id == post.reader.id).values(status="failed"))
