"""How the words that are being typed look to a contact, and a mail of them to oneself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nicegui import html

from domain.errors import DomainError, TextFault, TextInvalid
from domain.mail.paper import picture_in_place
from domain.mail_errors import MergeFieldWrong
from domain.portal.email_samples import preview_email, send_sample
from ui.components.basics import button, card, plain_text, toast
from ui.components.chips import chips
from ui.components.contact_picker import ContactPicker
from ui.components.mail_sheet import MailSheet
from ui.components.refresher import Refresher
from ui.dependencies import deps
from ui.messages import say
from ui.staff.mail_fate import MailFate
from ui.staff.picking import finder

if TYPE_CHECKING:
    from ui.staff.emails import EmailsPage

NEEDS_BOTH = 'A mail has a subject and a text. This is how it looked before one of them was empty.'
FORMS = (('html', 'HTML'), ('text', 'Plain text'))


class EmailPreview:
    def __init__(self, page: EmailsPage) -> None:
        """Build it; `look` fills it."""
        self._page = page
        self._fate: MailFate | None = None
        with card('Preview') as sheet, html.div().classes('fy-stack'):
            self._who = ContactPicker(
                'Preview with', finder(page.actor), placeholder='Somebody made up', on_change=self.ask
            )
            self._fault = plain_text('p', '').classes('fy-notice warn').props('role=status')
            with html.div():
                plain_text('div', 'Subject').classes('fy-sm fy-muted')
                self._subject = plain_text('div', '').classes('fy-strong').props('dir=auto data-testid=preview-subject')
            self._html = MailSheet('The mail as HTML')
            self._text = plain_text('div', '').classes('fy-mailplain')
            self._text.props('role=group tabindex=0 aria-label="The mail as plain text" dir=auto')
            self._below = html.div()
            with html.div():
                button('Send me a test', icon='mail', on_click=self._send)
        with sheet.header:
            self._forms = chips('Form', FORMS, self._turn)
        self._turn('html')
        self._fault.set_visibility(False)
        self._below.set_visibility(False)
        self._refresher = Refresher(lambda _: self.look())

    def ask(self) -> None:
        """Something was typed or picked: look again soon."""
        self._refresher.ask()

    async def look(self) -> None:
        """Show what stands in the editor; what cannot be shown leaves the last that could."""
        try:
            mail = await preview_email(
                deps(),
                self._page.actor,
                self._page.kind,
                *self._page.editor.typed,
                contact_id=self._contact_id,
                language=self._page.language,
            )
        except (MergeFieldWrong, TextInvalid) as error:
            is_missing = isinstance(error, TextInvalid) and error.fault is TextFault.EMPTY
            self._fault.set_text(NEEDS_BOTH if is_missing else say(error))
            self._fault.set_visibility(True)
            return
        self._fault.set_visibility(False)
        self._subject.set_text(mail.subject)
        self._text.set_text(mail.text)
        self._html.show(await picture_in_place(mail.html))

    @property
    def _contact_id(self) -> int | None:
        return next((one.id for one in self._who.picked), None)

    def _turn(self, form: str) -> None:
        self._forms.show(None, form)
        self._html.set_visibility(form == 'html')
        self._text.set_visibility(form == 'text')

    async def _send(self) -> None:
        page = self._page
        if page.editor.refuses():
            return
        try:
            mail_id = await send_sample(
                deps(),
                page.actor,
                page.kind,
                *page.editor.typed,
                contact_id=self._contact_id,
                language=page.language,
            )
        except DomainError as error:
            toast(say(error), kind='bad')
            return
        if self._fate:
            self._fate.stop()
        self._below.clear()
        with self._below:
            self._fate = MailFate(page.actor, mail_id)
        self._below.set_visibility(True)
        await self._fate.look()
