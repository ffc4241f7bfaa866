"""Invite to Client Portal: who, a personal message, one button; then the link, good even while mail is not."""

import asyncio

from nicegui import background_tasks, context, html

from domain.access.login_emails import send_login_emails
from domain.actors import StaffActor
from domain.addresses import looks_like_address, normalise_address
from domain.contacts.directory import ContactView, read_contact
from domain.contacts.invitations import Invited, invite_address, invite_contact
from domain.errors import (
    AddressInvalid,
    AddressShared,
    AlreadyJoined,
    ContactNotFound,
    DomainError,
    NoAddress,
    TextInvalid,
)
from domain.portal.portal_settings import read_portal
from domain.texts import LONGEST_MESSAGE
from ui.components.basics import button, dialog, notice, plain_text, text_field
from ui.components.contact_picker import Choice, ContactPicker
from ui.components.copy_button import CopyButton
from ui.components.when import When
from ui.dependencies import deps
from ui.messages import say
from ui.staff.contact_words import named
from ui.staff.login_email_dialog import outcome
from ui.staff.mail_fate import MailFate
from ui.staff.picking import choice, finder, on_page, settle, short, with_address
from ui.staff.reach import warn_if_only_here

TITLE = 'Invite to Client Portal'
PAUSE = 0.3  # seconds without a key before a typed address is looked up
LONGEST_TYPED = LONGEST_MESSAGE + 2_000  # more than fits may be typed, so that the error can be read and nothing is cut


async def open_invite_dialog(actor: StaffActor, contact_id: int | None = None) -> None:
    """Open it, empty or for this contact."""
    picked = None
    if contact_id is not None:
        try:
            picked = choice(await read_contact(deps(), actor, contact_id))
        except ContactNotFound:
            picked = None
    InviteDialog(actor, (await read_portal()).invitation_days, picked)


class InviteDialog:
    def __init__(self, actor: StaffActor, days: int, picked: Choice | None) -> None:
        """Build and open."""
        self._actor, self._client = actor, context.client
        self._looked = 0
        self._fate: MailFate | None = None
        self._subtitle = f'Gives access and mails a sign-in link, valid for {days} {"day" if days == 1 else "days"}.'
        with on_page() as self._ground, dialog(TITLE, self._subtitle, has_fields=True) as self.dialog:
            with html.form().classes('fy-stack') as self._form:
                self._form.on('submit', js_handler='(event) => event.preventDefault()')
                self.who = ContactPicker(
                    'Contact or email',
                    finder(actor),
                    free_text=True,
                    placeholder='Name or email address',
                    focus=True,
                    on_change=self._changed,
                )
                self.message = text_field(
                    'Personal message',
                    kind='textarea',
                    hint='Optional. Stands above the button in the mail.',
                    longest=LONGEST_TYPED,
                )
                self.message.on_value_change(self.message.clear_error)
                self.hints = html.div().classes('fy-stack snug')
            self.done = html.div().classes('fy-stack').props('tabindex=-1')
        self.hints.set_visibility(False)
        self.done.set_visibility(False)
        with self.dialog.foot:
            self._asking = html.div().classes('fy-row tight').style('justify-content: flex-end')
            with self._asking:
                button('Cancel', kind='ghost', on_click=self.dialog.close)
                send = button('Send Invite', icon='send', kind='primary', submit=True, on_click=self._send)
                send.props['form'] = self._form.html_id
            self._after = html.div().classes('fy-row tight').style('justify-content: flex-end')
            with self._after:
                button('Invite another', on_click=self._begin_again)
                button('Done', kind='primary', on_click=self.dialog.close)
            self._after.set_visibility(False)
        self.dialog.on('hide', self._end)
        if picked:
            self.who.pick(picked)
            self._changed()
        self.dialog.open()

    # ── While it is being filled in ──

    def _changed(self) -> None:
        """Somebody else was picked or typed: what is there to know about them?"""
        self._looked += 1
        self._show_hints()
        background_tasks.create(self._look(self._looked), name='look at an invited contact')

    async def _look(self, turn: int) -> None:
        picked, text = next(iter(self.who.picked), None), self.who.text.strip()
        with self._client:
            if picked and picked.id:
                await self._look_at_contact(turn, picked.id)
            elif looks_like_address(text):
                await asyncio.sleep(PAUSE)
                if turn == self._looked:
                    await self._look_at_address(turn, text)

    async def _look_at_contact(self, turn: int, contact_id: int) -> None:
        try:
            contact = await read_contact(deps(), self._actor, contact_id)
        except DomainError:
            return
        if turn == self._looked and not self.dialog.is_deleted:
            if contact.status == 'joined':
                self._offer_login_email(contact.id, contact.name)
            else:
                self._show_hints(*_about(contact))

    async def _look_at_address(self, turn: int, text: str) -> None:
        try:
            address = normalise_address(text)
            bearers = await with_address(self._actor, address)
        except DomainError:
            return
        if turn != self._looked or self.dialog.is_deleted:
            return
        if len(bearers) > 1:
            self._offer(bearers)
        elif bearers:
            await self._look_at_contact(turn, bearers[0].id)
        else:
            self._show_hints('No contact has this address yet. Inviting adds one.')

    def _show_hints(self, *texts: str) -> None:
        self.hints.clear()
        self.hints.set_visibility(bool(texts))
        with self.hints:
            for text in texts:
                notice('info', text, live=True)

    def _offer(self, bearers: list[Choice]) -> None:
        """Several contacts bear the address: one of them has to be picked."""
        self._show_hints()
        self.hints.set_visibility(True)
        with self.hints:
            notice('info', 'Several contacts have this address. Which one do you mean?', live=True)
            with html.div().classes('fy-row wrap tight'):
                for one in bearers:
                    button(one.name, small=True, on_click=lambda one=one: self._pick(one))

    def _pick(self, one: Choice) -> None:
        self.who.clear_error()
        self.who.pick(one)
        self._changed()

    # ── Sending ──

    async def _send(self) -> None:
        if not self._asking.visible:
            return  # it is done: a second click came late
        self._looked += 1  # a look under way must not paint over what sending finds
        self.who.clear_error()
        self.message.clear_error()
        try:
            invited = await self._invite()
        except DomainError as error:
            await self._refuse(error)
            return
        if invited is not None:
            await self._confirm(invited)

    async def _invite(self) -> Invited | None:
        message, text = self.message.value or '', self.who.text.strip()
        picked = next(iter(self.who.picked), None)
        if (picked is None or not picked.id) and looks_like_address(text):
            return await invite_address(deps(), self._actor, text, message)
        if not picked and not text:
            self.who.show_error('Please pick a contact or enter an email address.')
            return None
        if not await settle(self._actor, self.who) or not self.who.picked:
            self.who.show_error('No contact has exactly this name. Pick one from the list, or enter an email address.')
            return None
        return await invite_contact(deps(), self._actor, self.who.picked[0].id, message)

    async def _refuse(self, error: DomainError) -> None:
        if isinstance(error, TextInvalid):
            self.message.show_error(say(error))
            self.message.run_method('focus')
        elif isinstance(error, AddressShared):
            self.who.show_error(say(error))
            self._offer(await with_address(self._actor, error.email))
        elif isinstance(error, AlreadyJoined):
            self._offer_login_email(error.contact_id, error.name)
        elif isinstance(error, AddressInvalid | ContactNotFound | NoAddress):
            self.who.show_error(say(error))
            if isinstance(error, NoAddress):
                self._offer_contact_page(error)
        else:
            self._show_hints()
            self.hints.set_visibility(True)
            with self.hints:
                notice('bad', say(error), live=True)

    def _offer_contact_page(self, error: NoAddress) -> None:
        self._show_hints()
        self.hints.set_visibility(True)
        with self.hints, notice('info', f'An invitation needs somewhere to go: add an address to {error.name}.'):
            button('Open contact', small=True).props['href'] = f'/staff/contacts/{error.contact_id}'

    def _offer_login_email(self, contact_id: int, name: str) -> None:
        """No error: they are in. What they need is a way in for today."""
        self._show_hints()
        self.hints.set_visibility(True)
        with self.hints:
            text = 'No invitation is needed: a login email signs them in with one click.'
            with notice('ok', text, title=f'{name} has joined already.', live=True):
                button('Send Login Email', small=True, on_click=lambda: self._send_login_email(contact_id))

    async def _send_login_email(self, contact_id: int) -> None:
        try:
            result = await send_login_emails(deps(), self._actor, [contact_id])
        except DomainError as error:
            await self._refuse(error)
            return
        self.dialog.set_title('Login email')
        self.done.clear()
        with self.done:
            outcome(result)
        self._step(asking=False)
        self.done.run_method('focus')

    # ── Afterwards ──

    async def _confirm(self, invited: Invited) -> None:
        again = 'Invited again: the old link has stopped working.' if invited.renewed else ''
        self.dialog.set_title(f'{invited.name} is invited', again)
        self.done.clear()
        with self.done:
            self._fate = MailFate(self._actor, contact_id=invited.contact_id)
            with html.div().classes('fy-stack snug'):
                link = text_field('Invitation link', value=invited.link, read_only=True)
                with html.div().classes('fy-row wrap'):
                    CopyButton('Copy link', invited.link)
                    with html.span().classes('fy-sm fy-muted fy-grow'):
                        When(invited.expires_at, 'date', prefix='Valid until ')
            hand_over = f'The same link that is in the mail. Hand it to {short(invited.name)} yourself if mail is slow.'
            if invited.captured:
                hand_over = f'Hand this link to {short(invited.name)} yourself, by chat or text.'
            plain_text('p', f'{hand_over} It is shown only now.').classes('fy-sm fy-muted')
            warn_if_only_here()
        await self._fate.look()
        self._step(asking=False)
        link.run_method('focus')

    def _begin_again(self) -> None:
        self._stop_listening()
        self.dialog.set_title(TITLE, self._subtitle)
        self.who.clear()
        self.message.set_value('')
        self._show_hints()
        self._step(asking=True)

    def _step(self, *, asking: bool) -> None:
        for element in (self._form, self._asking):
            element.set_visibility(asking)
        for element in (self.done, self._after):
            element.set_visibility(not asking)

    def _stop_listening(self) -> None:
        if self._fate:
            self._fate.stop()
            self._fate = None

    def _end(self) -> None:
        self._looked += 1
        self._stop_listening()
        self.dialog.delete()
        self._ground.delete()


def _about(contact: ContactView) -> list[str]:
    """What to know before inviting this contact."""
    said = []
    if not contact.email:
        said.append(f'{contact.name} has no email address. Add one on the contact page first.')
    elif contact.has_open_invitation:
        said.append('The invitation will be renewed: a new mail goes out, and the old link stops working.')
    if contact.shared_with:
        names = tuple(one.name for one in contact.shared_with)
        with_access = [one for one in contact.shared_with if one.status not in ('no_access', 'revoked')]
        end = (
            f'One sign-in will open {"both" if len(names) == 1 else "all of them"}.'
            if with_access
            else 'They share one login.'
        )
        said.append(f'This address also serves {named(names)}. {end}')
    return said
