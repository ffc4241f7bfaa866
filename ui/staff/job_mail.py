"""How the mail of a job fares: a word about those whom it does not reach, and where to find them."""

import asyncio

from nicegui import background_tasks, context, html

from domain.actors import StaffActor
from domain.errors import DomainError
from domain.events import MailChanged, MailsChanged
from domain.jobs.jobs import mail_trouble
from ui import live
from ui.components.basics import button, notice
from ui.dependencies import deps
from ui.staff.contact_words import several

PAUSE = 2.0  # seconds between two counts: each looks at every contact of the job
IN_TROUBLE = '/staff/contacts?mail=trouble'


class MailTrouble(html.div):
    def __init__(self, actor: StaffActor, job_id: int) -> None:
        """Empty as long as all mail gets through. `look` counts, now or soon."""
        super().__init__()
        self._actor, self._job_id = actor, job_id
        self._page = context.client
        self._wanted = self._counts = False
        self._shown = 0
        self.set_visibility(False)
        live.on(MailChanged, lambda _: self.look())
        live.on(MailsChanged, lambda _: self.look())

    def look(self) -> None:
        """Count again, but not more often than every two seconds."""
        self._wanted = True
        if not self._counts:
            self._counts = True
            background_tasks.create(self._count(), name='mail trouble')

    async def _count(self) -> None:
        try:
            while self._wanted and not self.is_deleted:
                self._wanted = False
                try:
                    number = await mail_trouble(deps(), self._actor, self._job_id)
                except DomainError:
                    return  # the page is being closed
                with self._page:
                    self._show(number)
                await asyncio.sleep(PAUSE)
        finally:
            self._counts = False

    def _show(self, number: int) -> None:
        if number == self._shown or self.is_deleted:
            return
        self._shown = number
        self.clear()
        self.set_visibility(number > 0)
        if number:
            words = f'{several(number, "contact")} cannot be reached: the mail was refused or given up.'
            with self, notice('warn', words, live=True):
                button('Show in contacts', small=True).props['href'] = IN_TROUBLE
