"""A message as a mail: HTML with its plain-text twin."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from functools import lru_cache
from uuid import UUID

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from api.notifications.messages import Message


@dataclass(frozen=True, slots=True)
class Sender:
    """Who writes, and where the pages are that buttons lead to."""

    mail_from: str
    public_url: str
    file_link: Callable[[str], str]  # signs a link to an object's key
    link_seconds: int = 7 * 24 * 3600  # how long such a link works


@dataclass(frozen=True, slots=True)
class Recipient:
    """Who reads; `is_member` has an account here."""

    name: str
    address: str
    is_member: bool = True


@lru_cache(maxsize=1)
def _templates() -> Environment:
    return Environment(
        loader=PackageLoader("api.notifications"),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def compose(message: Message, recipient: Recipient, sender: Sender, mail_id: UUID) -> EmailMessage:
    """The mail; `mail_id` makes its Message-ID, the same at every try, so that a second copy can be told."""
    mail = EmailMessage()
    mail["Subject"] = _one_line(message.subject)
    mail["From"] = sender.mail_from
    mail["To"] = Address(_one_line(recipient.name), addr_spec=recipient.address)
    mail["Date"] = format_datetime(datetime.now(UTC))
    mail["Message-ID"] = f"<{mail_id}@{parseaddr(sender.mail_from)[1].partition('@')[2] or 'stockpot'}>"
    mail["Auto-Submitted"] = "auto-generated"
    context = {
        "message": message,
        "recipient": recipient,
        "widths": _widths(message),
        "link": _link(message, sender),
        "link_until": _link_until(message, sender),
    }
    mail.set_content(_templates().get_template("mail.txt").render(context))
    mail.add_alternative(_templates().get_template("mail.html").render(context), subtype="html")
    return mail


def _link(message: Message, sender: Sender) -> str:
    if message.object_key:
        return sender.file_link(message.object_key)
    return sender.public_url.rstrip("/") + message.path if message.path else ""


def _link_until(message: Message, sender: Sender) -> str:
    """When a link to a file ends; a page's never does."""
    if not message.object_key:
        return ""
    return f"{datetime.now(UTC) + timedelta(seconds=sender.link_seconds):%d %B %Y, %H:%M} UTC"


def _one_line(text: str) -> str:
    return " ".join(text.split())[:200]


def _widths(message: Message) -> list[int]:
    """The width of each column of the plain-text table, in characters."""
    return [max(map(len, cells)) for cells in zip(message.columns, *message.rows, strict=True)]
