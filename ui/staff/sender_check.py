"""A card: whether mailbox providers can tell that the firm's mail is the firm's, with the record to paste where not."""

from nicegui import background_tasks, context, html
from nicegui import ui as nui

from domain.actors import StaffActor
from domain.errors import DomainError, NotAllowed, SelectorInvalid
from domain.events import Event, MailServerChanged, SenderCheckChanged
from domain.portal.sender_check import SenderReport, check_sender, keep_selector, read_selector
from domain.portal.sender_records import Checked, Grade
from ui import live
from ui.components.basics import TextField, button, card, plain_text, text_field, toast
from ui.components.copy_button import CopyButton
from ui.components.part import Part
from ui.components.refresher import Refresher
from ui.dependencies import deps
from ui.messages import say
from ui.staff.sender_words import TITLES, in_words
from ui.theme import asset, icon

STYLES = f'<link rel="stylesheet" href="{asset("domain.css")}">'
LOOKS = {
    Grade.RIGHT: ('ok', 'check', 'right'),
    Grade.MISSING: ('bad', 'x', 'missing'),
    Grade.WRONG: ('bad', 'x', 'wrong'),
    Grade.UNKNOWN: ('', 'clock', 'not known'),
}
LONGEST_TYPED = 300  # more than fits may be typed, so that the error can be read


class SenderCheckCard:
    def __init__(self, actor: StaffActor) -> None:
        """Build it in a page of who may change settings. It looks by itself once the page is open."""
        self._actor, self._client, self._known = actor, context.client, ''
        nui.add_head_html(STYLES)
        with html.form() as form:
            form.on('submit', js_handler='(event) => event.preventDefault()')
            with card('Sender check') as sheet:
                self._lead = plain_text('p', 'Looking …').classes('fy-muted').props('role=status')
                found = html.ul().classes('fy-found').style('margin: var(--s4) 0')
                found.props['aria-label'] = 'Records of the sender'
                self._found = Part(found, _found)
                self.selector: TextField = text_field(
                    'DKIM selector',
                    placeholder='mail',
                    hint='The word before “._domainkey” in the record that your mail server or provider shows.',
                    autocomplete='off',
                    longest=LONGEST_TYPED,
                )
                self.selector.props('autocapitalize=none spellcheck=false')
                self.selector.on_value_change(self.selector.clear_error)
            with sheet.foot:
                html.span('DNS was asked as this page was opened.').classes('fy-grow fy-sm fy-muted')
                button('Check sender', icon='refresh-cw', submit=True, on_click=self._check)
        refresher = Refresher(self._look)
        live.on(MailServerChanged, refresher.ask)
        live.on(SenderCheckChanged, refresher.ask)
        background_tasks.create(self._begin(), name='check the sender')

    async def _begin(self) -> None:
        try:
            selector = await read_selector(deps(), self._actor)
            with self._client:
                self._follow(selector)
            await self._look()
        except (DomainError, RuntimeError):  # the page is on its way out
            return

    async def _check(self) -> None:
        try:
            self._known = self.selector.value = await keep_selector(deps(), self._actor, self.selector.value or '')
        except SelectorInvalid as error:
            self.selector.show_error(say(error))
            self.selector.run_method('focus')
            return
        except DomainError as error:
            toast(say(error), kind='bad')
            return
        await self._look()

    async def _look(self, _: Event | None = None) -> None:
        try:
            report = await check_sender(deps(), self._actor)
        except NotAllowed:  # the role has changed: the page is on its way out
            return
        if not self._client.is_deleted:
            with self._client:
                self._show(report)

    def _follow(self, selector: str) -> None:
        """What is kept now stands in the field, unless something else is being typed there."""
        if (self.selector.value or '') == self._known:
            self.selector.value = selector
        self._known = selector

    def _show(self, report: SenderReport) -> None:
        self._follow(report.selector)
        if not report.domain:
            self._lead.set_text(
                f'Mail comes from {report.sender}, which is no domain on the internet. Name an address of your own '
                'domain as the sender first.'
            )
            self._found.show()
            return
        self._lead.set_text(f'Mail comes from {report.sender}. This is what {report.domain} says about it.')
        self._found.show(report.spf, report.dkim, report.dmarc)


def _found(*checked: Checked) -> None:
    for title, one in zip(TITLES, checked, strict=False):
        tone, mark, word = LOOKS[one.grade]
        with html.li().style('padding: var(--s4) 0'):
            with html.div().classes('fy-row').style('flex-wrap: nowrap; align-items: start'):
                with html.span().classes(f'fy-dot {tone}').props('aria-hidden=true'):
                    nui.icon(icon(mark))
                with html.div().classes('fy-grow').style('min-width: 0'):
                    plain_text('div', f'{title}: {word}').classes('fy-strong')
                    plain_text('div', in_words(title, one)).classes('fy-sm fy-muted').style('overflow-wrap: anywhere')
            if one.paste:
                _record(title, one)


def _record(title: str, one: Checked) -> None:
    with html.dl().classes('fy-record'):
        for label, text in (('Type', 'TXT'), ('Name', one.name), ('Value', one.paste)):
            with html.div():
                plain_text('dt', label)
                with html.dd():
                    plain_text('span', text).classes('fy-mono fy-grow')
                    if label == 'Name' or (label == 'Value' and one.is_whole):
                        CopyButton(f'Copy {title} {label.lower()}', text, small=True)
