"""What became of one mail, in a notice that follows it."""

from nicegui import html

from domain.actors import StaffActor
from domain.errors import DomainError
from domain.events import MailChanged, MailsChanged
from domain.mail.outbox import MailRow, list_mail
from domain.mail.states import MailState
from ui import live
from ui.components.basics import NoticeKind, button, notice
from ui.dependencies import deps


class MailFate(html.div):
    def __init__(self, actor: StaffActor, mail_id: int | None = None, contact_id: int | None = None) -> None:
        """The mail with this id, or the newest one to this contact. Call `look` once; `stop` when it is taken away."""
        super().__init__()
        self.props['role'] = 'status'
        self._actor, self._mail_id, self._contact_id = actor, mail_id, contact_id
        self._shown: tuple[NoticeKind, str, str] | None = None
        self._stops = live.on(MailChanged, self._changed), live.on(MailsChanged, self._perhaps_changed)

    def stop(self) -> None:
        """Follow it no more."""
        for stop in self._stops:
            stop()

    async def look(self) -> None:
        """Read and show how it stands."""
        before = None if self._mail_id is None else self._mail_id + 1
        contact = self._contact_id if self._mail_id is None else None
        try:
            rows = (await list_mail(deps(), self._actor, contact_id=contact, before_id=before, limit=1)).rows
        except DomainError:
            return
        if rows and not self.is_deleted and self._mail_id in (None, rows[0].id):
            self._mail_id = rows[0].id
            self._show(rows[0])

    async def _changed(self, event: MailChanged) -> None:
        if event.mail_id == self._mail_id:
            await self.look()

    async def _perhaps_changed(self, event: MailsChanged) -> None:
        if self._mail_id in event.mail_ids:
            await self.look()

    def _show(self, mail: MailRow) -> None:
        kind, title, text = words(mail)
        if self._shown == (kind, title, text):
            return
        self._shown = kind, title, text
        self.clear()
        with self, notice(kind, text, title=title):
            if mail.state in (MailState.CAPTURED, MailState.FAILED):
                button('Open Outbox', small=True).props('href=/staff/outbox')


def words(mail: MailRow) -> tuple[NoticeKind, str, str]:
    """The kind of notice, its title and its sentence."""
    to, answer = mail.to_address, mail.last_answer.strip()
    if mail.state is MailState.CAPTURED:
        return (
            'warn',
            'Captured, not sent.',
            'No mail server is set up. The mail can be read in the Outbox, link and all.',
        )
    if mail.state is MailState.SENT:
        return 'ok', 'Handed over.', f'The mail server took the mail to {to}.'
    if mail.state is MailState.FAILED:
        return 'bad', 'Refused.', answer or f'The mail to {to} could not be sent.'
    if mail.state is MailState.CANCELLED:
        return 'info', 'Cancelled.', f'The mail to {to} is not sent.'
    if answer or (mail.state is MailState.QUEUED and mail.tries):
        return 'warn', 'Not yet.', ' '.join(filter(None, ('It will be tried again.', answer)))
    return 'info', 'On its way', f'to {to}.'
