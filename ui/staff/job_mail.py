"""How the mail of a job fares, in numbers that follow it, and what can be done with all of it."""

import asyncio
from collections.abc import Awaitable, Callable

from nicegui import background_tasks, context, html

from domain.actors import StaffActor
from domain.authorization import Permission, may
from domain.contacts.mail_again import send_mail_again
from domain.errors import DomainError
from domain.events import MailChanged, MailsChanged
from domain.jobs.jobs import JobView
from domain.mail.job_mail import JobMail, cancel_job_mail, mail_of_job
from ui import live
from ui.components.badge import badge_look
from ui.components.basics import button, notice, plain_text, toast
from ui.components.card import Card
from ui.dependencies import deps
from ui.messages import say
from ui.staff.ask_first import ask_first
from ui.staff.contact_words import several
from ui.staff.job_words import mail_words, not_reached_words, stop_words
from ui.staff.picking import on_page

PAUSE = 2.0  # seconds between two counts: each looks at all mail of the job
IN_TROUBLE = '/staff/contacts?mail=trouble'
FATES = ('waiting', 'captured', 'sent', 'refused', 'failed', 'cancelled')


class MailOfJob(Card):
    def __init__(
        self,
        actor: StaffActor,
        job: JobView,
        on_change: Callable[[JobMail], Awaitable[None]],
        show_not_reached: Callable[[], Awaitable[None]],
    ) -> None:
        """Hidden as long as there is no mail. `look` counts, now or soon; `on_change` hears of other numbers."""
        super().__init__('Mail')
        self._actor, self._job = actor, job
        self._on_change, self._show_not_reached = on_change, show_not_reached
        self._page, self._dialogs = context.client, on_page()
        self._wanted = self._counts = False
        self._shown = JobMail()
        with self.header:
            self._stop = button('Stop waiting mail', icon='x', small=True, on_click=self._ask)
        with self:
            with html.div().classes('fy-row wrap tight fy-num'):
                self._fates = {fate: plain_text('span', '').classes(f'fy-badge {badge_look(fate)}') for fate in FATES}
            self._trouble = html.div()
            self._trouble.set_visibility(False)
        self.set_visibility(False)
        live.on(MailChanged, lambda _: self.look())
        live.on(MailsChanged, lambda _: self.look())

    def look(self, job: JobView | None = None) -> None:
        """Count again, but not more often than every two seconds. `job`: as it stands now."""
        self._job = job or self._job
        self._wanted = True
        if not self._counts:
            self._counts = True
            background_tasks.create(self._count(), name='mail of a job')

    async def _count(self) -> None:
        try:
            while self._wanted and not self.is_deleted:
                self._wanted = False
                try:
                    mail = await mail_of_job(deps(), self._actor, self._job.id)
                except DomainError:
                    return  # the page is being closed
                except TimeoutError:
                    self._wanted = True  # too many count at this moment
                else:
                    with self._page:
                        await self._show(mail)
                await asyncio.sleep(PAUSE)
        finally:
            self._counts = False

    # ── What it shows ───────────────────────────────────────────────────────

    async def _show(self, mail: JobMail) -> None:
        if mail == self._shown or self.is_deleted:
            return
        before, self._shown = self._shown, mail
        for fate, text in self._fates.items():
            number = getattr(mail, fate)
            text.set_text(mail_words(fate, number))
            text.set_visibility(number > 0)
        manages = may(self._actor, Permission.MANAGE_OUTBOX)
        self._stop.set_visibility(manages and mail.waiting > 0)
        self.set_visibility(any(getattr(mail, fate) for fate in FATES))
        if _trouble(before) != _trouble(mail):
            self._show_trouble(mail, manages=manages)
        await self._on_change(mail)

    def _show_trouble(self, mail: JobMail, *, manages: bool) -> None:
        self._trouble.clear()
        self._trouble.set_visibility(mail.not_reached > 0)
        if not mail.not_reached:
            return
        with self._trouble, notice('warn', not_reached_words(mail), live=True):
            button('Show who', small=True, on_click=self._show_not_reached)
            button('All mail trouble', small=True).props['href'] = IN_TROUBLE
            if manages and (number := mail.again + mail.afresh):
                button(f'Send {number:,} again', small=True, icon='rotate-ccw', on_click=self._send_again)

    # ── What is done with it ────────────────────────────────────────────────

    async def _send_again(self) -> None:
        try:
            number = await send_mail_again(deps(), self._actor, self._job.id)
        except DomainError as error:
            toast(say(error), kind='bad')
        else:
            toast(f'{several(number, "mail")} will be sent again.')
        self.look()

    def _ask(self) -> None:
        with self._dialogs:
            ask_first('Stop the mail that waits?', stop_words(self._job), 'Stop waiting mail', self._cancel)

    async def _cancel(self) -> None:
        number = await cancel_job_mail(deps(), self._actor, self._job.id)
        toast(f'Stopped. {several(number, "mail")} will not be sent.')
        self.look()


def _trouble(mail: JobMail) -> tuple[int, ...]:
    return mail.refused, mail.failed, mail.cancelled, mail.again, mail.afresh
