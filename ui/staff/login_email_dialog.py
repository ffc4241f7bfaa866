"""Send Login Email: to one contact or many; those who cannot get one are named with the reason, the rest go."""

from collections.abc import Sequence

from nicegui import html

from domain.access.login_emails import LoginEmails, NotSent, Refusal, send_login_emails
from domain.actors import StaffActor
from domain.contacts.directory import read_contact
from domain.errors import ContactNotFound, DomainError
from ui.components.basics import button, dialog, face, notice, plain_text
from ui.components.contact_picker import Choice, ContactPicker
from ui.dependencies import deps
from ui.messages import say
from ui.staff.leads_to import LeadsTo
from ui.staff.picking import ROOM, choice, finder, on_page, settle

TITLE, SUBTITLE = 'Send Login Email', 'A mail with one button that signs them in. No password, no code.'
ADVICE = 'Those without an address or without portal access get none. They are named afterwards.'
NAMED = 3  # so many names stand in a sentence


async def open_login_email_dialog(actor: StaffActor, contact_ids: Sequence[int] = ()) -> None:
    """Open it, empty or for these contacts."""
    picked = []
    for contact_id in contact_ids:
        try:
            picked.append(choice(await read_contact(deps(), actor, contact_id)))
        except ContactNotFound:
            continue
    LoginEmailDialog(actor, picked)


class LoginEmailDialog:
    def __init__(self, actor: StaffActor, picked: Sequence[Choice]) -> None:
        """Build and open."""
        self._actor = actor
        with on_page() as self._ground, dialog(TITLE, SUBTITLE, has_fields=True) as self.dialog:
            with html.form().classes('fy-stack').style(ROOM) as self._form:
                self._form.on('submit', js_handler='(event) => event.preventDefault()')
                self.who = ContactPicker(
                    'Contacts',
                    finder(actor),
                    several=True,
                    placeholder='Name or email address',
                    focus=True,
                    on_change=self._changed,
                )
                self._leads_to = LeadsTo(actor)
                self.fault = html.div()
                plain_text('p', ADVICE).classes('fy-sm fy-muted')
            self.done = html.div().classes('fy-stack').props('tabindex=-1')
        self.fault.set_visibility(False)
        self.done.set_visibility(False)
        with self.dialog.foot:
            self._asking = html.div().classes('fy-row tight').style('justify-content: flex-end')
            with self._asking:
                button('Cancel', kind='ghost', on_click=self.dialog.close)
                send = button('Send', icon='send', kind='primary', submit=True, on_click=self._send)
                send.props['form'] = self._form.html_id
            self._after = html.div().classes('fy-row tight').style('justify-content: flex-end')
            with self._after:
                button('To somebody else', on_click=self._begin_again)
                button('Done', kind='primary', on_click=self.dialog.close)
            self._after.set_visibility(False)
        for one in picked:
            self.who.pick(one)
        if picked:
            self._changed()
        self.dialog.on('hide', self._end)
        self.dialog.open()

    def _changed(self) -> None:
        self._leads_to.follow([one.id for one in self.who.picked])

    async def _send(self) -> None:
        if not self._asking.visible:
            return  # it is done: a second click on Send came late
        self.who.clear_error()
        self.fault.set_visibility(False)
        try:
            if not await settle(self._actor, self.who):
                self.who.show_error('No contact has exactly this name or address. Pick one from the list.')
                return
            if not self.who.picked:
                self.who.show_error('Please pick at least one contact.')
                return
            result = await send_login_emails(
                deps(), self._actor, [one.id for one in self.who.picked], leads_to_id=self._leads_to.chosen
            )
        except DomainError as error:
            self._say(error)
            return
        self._show(result)

    def _say(self, error: DomainError) -> None:
        self.fault.clear()
        with self.fault:
            notice('bad', say(error), live=True)
        self.fault.set_visibility(True)

    def _show(self, result: LoginEmails) -> None:
        self.dialog.set_title('Login emails' if len(result.sent) + len(result.refused) > 1 else 'Login email')
        self.done.clear()
        with self.done:
            outcome(result)
        self._step(asking=False)
        self.done.run_method('focus')

    def _begin_again(self) -> None:
        self.dialog.set_title(TITLE, SUBTITLE)
        self.who.clear()
        self._changed()
        self._step(asking=True)

    def _end(self) -> None:
        self.dialog.delete()
        self._ground.delete()

    def _step(self, *, asking: bool) -> None:
        for element in (self._form, self._asking):
            element.set_visibility(asking)
        for element in (self.done, self._after):
            element.set_visibility(not asking)


def outcome(result: LoginEmails) -> None:
    """Who got a login email and who did not, with the reason."""
    if result.sent:
        _sent(result)
    if result.refused:
        number = len(result.refused)
        notice('warn', f'{"One contact gets" if number == 1 else f"{number} contacts get"} none:', live=True)
        with html.ul().classes('fy-stack snug'):
            for refusal in result.refused:
                _refused(refusal)


def _sent(result: LoginEmails) -> None:
    names = _names(result.sent)
    if result.captured:
        text = f'The mail to {names} waits in the Outbox: no mail server is set up.'
        with notice('warn', text, title='Captured, not sent.', live=True):
            button('Open Outbox', small=True).props('href=/staff/outbox')
    else:
        notice('ok', f'to {names}.', title='On its way', live=True)


def _names(names: Sequence[str]) -> str:
    if len(names) > NAMED + 1:
        return f'{", ".join(names[:NAMED])} and {len(names) - NAMED} others'
    return names[0] if len(names) == 1 else f'{", ".join(names[:-1])} and {names[-1]}'


def _refused(refusal: Refusal) -> None:
    reason, remedy = {
        NotSent.NO_ADDRESS: ('No email address', 'Add one'),
        NotSent.NO_ACCESS: ('Portal access is off', 'Open contact'),
        NotSent.GONE: ('Deleted meanwhile', ''),
    }[refusal.why]
    with html.li().classes('fy-row'):
        face(refusal.name or '?', 'person', 's')
        with html.div().classes('fy-grow'):
            plain_text('div', refusal.name or 'A contact').classes('fy-strong fy-cut')
            plain_text('div', reason).classes('fy-sm fy-muted')
        if remedy:
            link = button(remedy, small=True)
            link.props['href'] = f'/staff/contacts/{refusal.contact_id}'
            link.props['aria-label'] = f'{remedy}: {refusal.name}'
