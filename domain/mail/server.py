"""What this instance knows of the mail server, kept current, so that no page and no mail has to ask the database."""

from collections.abc import Callable

import structlog

from domain.dependencies import Cipher, Dependencies
from domain.events import Event, MailQueued, MailServerChanged, MailServerSaved, MissedSome
from domain.handover import Handover, MailServer, RepliesTo
from domain.mail.transport import read_smtp_url
from storage.models import MailServerChoice

log = structlog.get_logger(__name__)


def server_in_use(deps: Dependencies) -> MailServer | None:
    """Where mail is handed over now; None while it is captured. Raises ValueError for a wrong FOYER_SMTP_URL."""
    return read_smtp_url(deps.settings.smtp_url) if deps.settings.smtp_url else deps.handover.server


async def learn_handover(deps: Dependencies) -> None:
    """Read how mail leaves, and tell this instance's pages and its worker when that is another way than before."""
    known = as_handover(deps.cipher, await MailServerChoice.get(id=1))
    if known == deps.handover:
        return
    vars(deps.handover).update(vars(known))
    deps.events.publish_here(MailServerChanged(), MailQueued())


def keep_learning(deps: Dependencies) -> Callable[[], None]:
    """Do so whenever it changes, here or on another instance; returns what stops it."""

    async def learn(_: Event) -> None:
        await learn_handover(deps)

    stops = [deps.events.on(kind, learn) for kind in (MailServerSaved, MissedSome)]

    def stop() -> None:
        for one in stops:
            one()

    return stop


def as_handover(cipher: Cipher, row: MailServerChoice) -> Handover:
    """What the row says. A password that cannot be decrypted any more is as good as none: the server will say so."""
    server = None
    if row.host:
        server = MailServer(
            host=row.host,
            port=row.port,
            username=row.username,
            password=password_of(cipher, row),
            tls=row.tls == 'implicit',
            starttls='required' if row.tls == 'starttls' else 'never',
        )
    return Handover(server, row.mail_from, RepliesTo(row.replies_to), row.reply_address)


def password_of(cipher: Cipher, row: MailServerChoice) -> str:
    """In plain text; for the mail server alone."""
    if row.password is None:
        return ''
    try:
        return cipher.decrypt(row.password, bound_to(row.host, row.port, row.username))
    except ValueError:
        log.warning('the password of the mail server does not decrypt')
        return ''


def bound_to(host: str, port: int, username: str) -> str:
    """What the password is bound to: it goes to this server, for this user, and to no other (R26)."""
    return f'mail server {username}@{host}:{port}'
