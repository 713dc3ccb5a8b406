"""Mails: files of one folder, until there is a mail service.

A mail is written after the commit. When the process ends before, the user asks for another one.
"""

import os
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path
from typing import Final

from waybill.ids import uuid7

_SENDER: Final = "waybill@localhost"


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail to one address."""

    to: str = field(repr=False)
    subject: str
    text: str = field(repr=False)


class MailFolder:
    """Writes each mail as a file that other programs read and send (RFC 5322)."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def send(self, mail: Mail) -> None:
        """Write a mail, completely or not at all. Raises OSError."""
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = _SENDER, mail.to, mail.subject
        message.set_content(mail.text)
        path = self._folder / f"{uuid7()}.eml"
        draft = path.with_suffix(".draft")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(bytes(message))
        draft.rename(path)
