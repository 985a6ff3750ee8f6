"""Sending what waits, one mail per transaction: a worker that dies may send one mail twice, and loses none."""

from __future__ import annotations

import smtplib
from collections.abc import Callable, Sequence
from datetime import timedelta
from uuid import UUID

import structlog
from sqlalchemy.orm import Session

from api.core.database import transaction
from api.identity import people
from api.notifications import repository
from api.notifications.mail import Recipient, Sender, compose
from api.notifications.messages import Message, merge
from api.notifications.models import Notification
from api.notifications.transport import Mailer

TRIES = 8
FIRST_DELAY = timedelta(seconds=10)

ContactAddress = Callable[[Session, UUID], tuple[str, str] | None]
"""Finds a supplier contact's name and address; the room that knows suppliers stands above this one."""

log = structlog.get_logger(__name__)


def deliver_once(mailer: Mailer, sender: Sender, contact_address: ContactAddress) -> int:
    """Send one due mail, with what may leave with it; how many messages that were (0: nothing is due).

    Raises:
        OSError, smtplib.SMTPServerDisconnected, smtplib.SMTPConnectError: the server is not there. Nothing counts as
            tried; the caller waits and comes again.
    """
    with transaction() as session:
        waiting = repository.claim_mail(session)
        if not waiting:
            return 0
        ids = [row.id for row in waiting]
        recipient = _recipient(session, waiting[0], contact_address)
        if recipient is None:
            repository.settle(session, ids, "suppressed", "nobody to send it to any more")
            return len(ids)
        try:
            message = merge([Message.read(row.body) for row in waiting])
            mailer.send(compose(message, recipient, sender, waiting[0].id), waiting[0].id)
        except (smtplib.SMTPServerDisconnected, smtplib.SMTPConnectError):
            raise
        except (smtplib.SMTPException, ValueError) as error:  # ValueError: an address or text no mail can carry
            _not_taken(session, waiting, error)
        else:
            repository.settle(session, ids, "sent")
        return len(ids)


def _recipient(session: Session, row: Notification, contact_address: ContactAddress) -> Recipient | None:
    if row.user_id is not None:
        found = people.addresses(session, [row.user_id])
        return Recipient(found[0][2], found[0][1]) if found else None
    found_contact = contact_address(session, row.contact_id) if row.contact_id else None
    return Recipient(*found_contact, is_member=False) if found_contact else None


def _not_taken(session: Session, waiting: Sequence[Notification], error: Exception) -> None:
    """The server refused this mail: for good, or until later."""
    ids = [row.id for row in waiting]
    tries = waiting[0].attempts + 1
    reason = repr(error)[:500]
    if tries >= TRIES or _is_permanent(error):
        log.error("mail_failed", notification_id=str(ids[0]), tries=tries, error=reason)
        repository.settle(session, ids, "failed", reason)
        return
    log.warning("mail_postponed", notification_id=str(ids[0]), tries=tries, error=reason)
    repository.postpone(session, ids, FIRST_DELAY * 2 ** (tries - 1), reason)


def _is_permanent(error: Exception) -> bool:
    """Whether the server's answer (RFC 5321: 5xx) or the mail itself says that trying again is useless."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return all(code >= 500 for code, _ in error.recipients.values())
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return False  # somebody will mend the password
    if isinstance(error, smtplib.SMTPResponseException):
        return error.smtp_code >= 500
    return isinstance(error, ValueError)
