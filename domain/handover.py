"""How mail leaves, as the firm chose it on a page: kept current by domain/mail/server.py.

What the environment says wins over it; `Dependencies` puts the two together.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

StartTls = Literal['required', 'optional', 'never']


@dataclass(frozen=True)
class MailServer:
    """Where mail is handed over, and how well guarded the way there must be."""

    host: str
    port: int
    username: str
    password: str
    tls: bool
    starttls: StartTls


class RepliesTo(StrEnum):
    """Who gets the answer to a mail."""

    STAFF = 'staff'  # whoever invited; of mail that nobody in particular sent, whom it comes from
    SENDER = 'sender'
    ADDRESS = 'address'


@dataclass
class Handover:
    """One for each process, and the same for all who hold it."""

    server: MailServer | None = None
    mail_from: str = ''
    replies_to: RepliesTo = RepliesTo.STAFF
    reply_address: str = ''

    def reply_to(self, staff_address: str) -> str:
        """Where answers to a mail go that this member sent, nothing where they go to whom it comes from."""
        return {RepliesTo.STAFF: staff_address, RepliesTo.SENDER: '', RepliesTo.ADDRESS: self.reply_address}[
            self.replies_to
        ]
