"""Generate Magic Link: a link for one contact, shown once, and the news when it is used."""

from nicegui import html

from domain.access.magic_links import MagicLink, make_magic_link
from domain.actors import StaffActor
from domain.contacts.directory import read_contact
from domain.errors import ContactNotFound, DomainError, NoAccess, NoAddress
from domain.events import SignedInEvent
from ui import live
from ui.components.basics import button, dialog, notice, plain_text, text_field
from ui.components.contact_picker import Choice, ContactPicker
from ui.components.copy_button import CopyButton
from ui.components.countdown import Countdown
from ui.dependencies import deps
from ui.messages import say
from ui.staff.invite_dialog import open_invite_dialog
from ui.staff.leads_to import LeadsTo
from ui.staff.picking import ROOM, choice, finder, on_page, settle, short
from ui.staff.reach import warn_if_only_here

TITLE, SUBTITLE = 'Generate Magic Link', 'Whoever has this link can sign in as the contact, once.'
ADVICE = 'Hand it over as you like: on the phone, in a chat, in person. You will see here when it is used.'
ANOTHER = 'Generate makes another. This one keeps working until one of them is used; three work at most.'


async def open_magic_link_dialog(actor: StaffActor, contact_id: int | None = None) -> None:
    """Open it, empty or for this contact."""
    picked = None
    if contact_id is not None:
        try:
            picked = choice(await read_contact(deps(), actor, contact_id))
        except ContactNotFound:
            picked = None
    MagicLinkDialog(actor, picked)


class MagicLinkDialog:
    def __init__(self, actor: StaffActor, picked: Choice | None) -> None:
        """Build and open."""
        self._actor = actor
        self._made: dict[int, str] = {}  # the links made here, and whom each is for
        self._countdown: Countdown | None = None
        with on_page() as self._ground, dialog(TITLE, SUBTITLE, has_fields=True) as self.dialog:
            with html.form().classes('fy-stack').style(ROOM) as self._form:
                self._form.on('submit', js_handler='(event) => event.preventDefault()')
                self.who = ContactPicker(
                    'Contact', finder(actor), placeholder='Name or email address', focus=True, on_change=self._changed
                )
                self._leads_to = LeadsTo(actor)
                self.hint = html.div()
                self._advice = plain_text('p', ADVICE).classes('fy-sm fy-muted')
            self.made = html.div().classes('fy-stack')
        self.hint.set_visibility(False)
        self.made.set_visibility(False)
        with self.dialog.foot:
            self._make = button('Generate', icon='zap', kind='primary', submit=True, on_click=self._generate)
            self._make.props['form'] = self._form.html_id
            self._copy = CopyButton('Copy link', '', kind='primary')
            self._copy.set_visibility(False)
            self._done = button('Done', kind='primary', on_click=self.dialog.close)
            self._done.set_visibility(False)
        self._stop = live.on(SignedInEvent, self._somebody_signed_in)
        self.dialog.on('hide', self._end)
        if picked:
            self.who.pick(picked)
            self._leads_to.follow([picked.id])
        self.dialog.open()

    def _changed(self) -> None:
        self.hint.set_visibility(False)
        self._leads_to.follow([one.id for one in self.who.picked])

    async def _generate(self) -> None:
        self.who.clear_error()
        self.hint.set_visibility(False)
        try:
            clear = await settle(self._actor, self.who)
            if not self.who.picked or not clear:
                words = 'No contact has exactly this name or address. Pick one from the list.'
                self.who.show_error(words if self.who.text.strip() else 'Please pick a contact.')
                return
            kind = self.who.picked[0].kind
            link = await make_magic_link(deps(), self._actor, self.who.picked[0].id, leads_to_id=self._leads_to.chosen)
        except DomainError as error:
            self._refuse(error)
            return
        self._show(link, short(link.contact_name, kind))

    def _refuse(self, error: DomainError) -> None:
        self.who.show_error(say(error))
        self.hint.clear()
        if isinstance(error, NoAccess):
            contact_id = error.contact_id
            with self.hint, notice('info', 'An invitation gives access and comes with a link of its own.'):
                button('Invite instead', small=True, on_click=lambda: self._invite(contact_id))
        elif isinstance(error, NoAddress):
            with self.hint, notice('info', 'A link belongs to an address: the contact signs in as that.'):
                button('Open contact', small=True).props['href'] = f'/staff/contacts/{error.contact_id}'
        self.hint.set_visibility(isinstance(error, NoAccess | NoAddress))

    async def _invite(self, contact_id: int) -> None:
        await open_invite_dialog(self._actor, contact_id)
        self.dialog.close()

    def _show(self, link: MagicLink, name: str) -> None:
        self._made[link.token_id] = name
        self.made.clear()
        with self.made:
            field = text_field('Magic link', value=link.url, read_only=True)
            self._state = html.div().props('role=status')
            with self._state:
                self._countdown = Countdown(
                    link.expires_at,
                    int(link.lifetime.total_seconds()),
                    'Time left',
                    note=f'Waiting for {name} to open it. This is the only time the link is shown.',
                    now=deps().clock.now,
                )
                self._countdown.on('expired', lambda: self._expired(link.token_id))
            warn_if_only_here()
            plain_text('p', ANOTHER).classes('fy-sm fy-muted')
        self.made.set_visibility(True)
        self._advice.set_visibility(False)
        self._form.style('min-height: 0')
        self._offer(url=link.url)
        self._make.props['icon'] = self._make.props['icon'].replace('#zap', '#refresh-cw')
        field.run_method('select')

    def _offer(self, *, url: str = '', done: bool = False) -> None:
        """What there is to do first: to copy the link, to go when it was used, to make another when it expired."""
        aside = bool(url) or done
        self._copy.set_text_to_copy(url)
        self._copy.set_visibility(bool(url))
        self._done.set_visibility(done)
        self._make.style('margin-right: auto' if aside else 'margin-right: 0')
        self._make.classes(remove='fy-primary' if aside else 'fy-quiet', add='fy-quiet' if aside else 'fy-primary')

    def _somebody_signed_in(self, event: SignedInEvent) -> None:
        name = self._made.pop(event.token_id, '') if event.token_id else ''
        if name:
            self._end_with('ok', f'{name} is in', 'The link has been used and opens nothing any more.')

    def _expired(self, token_id: int) -> None:
        if token_id in self._made:
            name = self._made.pop(token_id)
            self._end_with('warn', 'The link has expired.', f'{name} has not used it. Generate another when it suits.')

    def _end_with(self, kind: str, title: str, text: str) -> None:
        if self._countdown:
            self._countdown.stop()
        self.made.clear()
        with self.made, html.div().props('role=status'):
            notice('ok' if kind == 'ok' else 'warn', text, title=title)
        self._offer(done=kind == 'ok')

    def _end(self) -> None:
        self._stop()
        self.dialog.delete()
        self._ground.delete()
