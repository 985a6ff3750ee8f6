"""How mail leaves: a conversation with an SMTP server, or files in a folder where none is set."""

from __future__ import annotations

import os
import smtplib
import ssl
from email.message import EmailMessage
from functools import lru_cache
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlsplit
from uuid import UUID

from api.config import Settings

TIMEOUT_SECONDS = 10


class Mailer(Protocol):
    """Takes a mail or raises; `mail_id` is the same at every try of the same mail."""

    def send(self, mail: EmailMessage, mail_id: UUID) -> None:
        """Send the mail.

        Raises:
            OSError, smtplib.SMTPException: it was not taken.
        """


class SmtpMailer:
    """`smtp://user:password@host:port` (STARTTLS when the server offers it) or `smtps://` (TLS from the first byte)."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in {"smtp", "smtps"} or not parts.hostname:
            raise ValueError("SMTP_URL must look like smtp://user:password@host:587 or smtps://…:465")
        self.is_tls = parts.scheme == "smtps"
        self.host = parts.hostname
        self.port = parts.port or (465 if self.is_tls else 587)
        self.user = unquote(parts.username or "")
        self.password = unquote(parts.password or "")

    def send(self, mail: EmailMessage, mail_id: UUID) -> None:
        """Speak with the server: greet, encrypt where it can, sign in where we have a name, hand the mail over."""
        del mail_id  # it stands in the mail's Message-ID
        with self._connect() as server:
            server.ehlo()
            if not self.is_tls and server.has_extn("starttls"):
                server.starttls(context=ssl.create_default_context())
                server.ehlo()
            if self.user:
                server.login(self.user, self.password)
            server.send_message(mail)

    def _connect(self) -> smtplib.SMTP:
        if self.is_tls:
            context = ssl.create_default_context()
            return smtplib.SMTP_SSL(self.host, self.port, timeout=TIMEOUT_SECONDS, context=context)
        return smtplib.SMTP(self.host, self.port, timeout=TIMEOUT_SECONDS)


class FolderMailer:
    """One `.eml` file per mail, named by its id: a second try of the same mail replaces the file."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def send(self, mail: EmailMessage, mail_id: UUID) -> None:
        """Write beside and rename, so that nobody ever reads half a mail."""
        self.folder.mkdir(parents=True, exist_ok=True)
        final = self.folder / f"{mail_id}.eml"
        partial = self.folder / f".{mail_id}.partial"
        with partial.open("wb") as file:
            file.write(mail.as_bytes())
            file.flush()
            os.fsync(file.fileno())
        partial.replace(final)


@lru_cache(maxsize=4)
def _smtp(url: str) -> SmtpMailer:
    return SmtpMailer(url)


def open_mailer(settings: Settings) -> Mailer:
    """SMTP when SMTP_URL is set, else the mail folder."""
    return _smtp(settings.smtp_url) if settings.smtp_url else FolderMailer(settings.mail_folder)
