"""Edit login details: the address a login has, whom it serves, another address for it; a password reset, a lock."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from nicegui import html

from domain.access.belonging import Belonging
from domain.access.login_address import cancel_address_change, change_login_address, send_address_link_again
from domain.access.login_details import (
    LoginDetails,
    ServedContact,
    WaitingAddress,
    read_login,
    staff_with_address,
)
from domain.access.password_resets import send_password_reset
from domain.access.rate_limits import unlock_login
from domain.contacts.portal_access import Revoked
from domain.errors import AddressInvalid, DomainError, LoginTaken, NoLogin, SameAddress
from domain.events import LoginChanged
from ui import live
from ui.components.basics import button, dialog, notice, plain_text, text_field, toast
from ui.components.part import Part
from ui.components.refresher import Refresher
from ui.components.when import When
from ui.dependencies import deps
from ui.messages import say
from ui.staff.confirm import with_fresh_sign_in
from ui.staff.contact_words import listed, several, would
from ui.staff.shared_address_words import contacts_path, shared_path, why_words

if TYPE_CHECKING:
    from ui.staff.contact import ContactPage

LONGEST_TYPED = 400  # characters; more than an address has, so that one too long is told so
PASSWORD_LOCKED = 'Too many wrong passwords. Links from a mail still work. '
CODE_LOCKED = (
    'Too many wrong codes. A code is asked for after every way in, so nobody can sign in until then. Unlock it here. '
)
NAMED = 4  # contacts named in a sentence


async def open_login_details_dialog(page: 'ContactPage') -> None:
    """Open it for the contact of this page. Raises NoLogin, ContactNotFound, NotAllowed, SignedOut."""
    login = await read_login(deps(), page.actor, page.contact_id)
    if login is None:
        raise NoLogin(page.contact_id, 'This contact')
    LoginDetailsDialog(page, login)


class LoginDetailsDialog:
    def __init__(self, page: 'ContactPage', login: LoginDetails) -> None:
        """Build and open; what it shows follows the login, what is typed stays."""
        self._page, self._login = page, login
        self._agreed = ''  # the address of a colleague that is meant all the same
        with dialog('Edit login details', has_fields=True) as self.dialog:
            self._who = Part(html.div().classes('fy-stack snug'), _who)
            self._waiting_box = html.div()
            self._waiting = Part(self._waiting_box, self._build_waiting)
            with html.form().classes('fy-stack') as self._form:
                self._form.on('submit', js_handler='(event) => event.preventDefault()')
                self.email = text_field(
                    'Login email', value=login.email, autocomplete='off', longest=LONGEST_TYPED, focus=True
                )
                self.email.props('inputmode=email autocapitalize=none spellcheck=false')
                self.email.on_value_change(self._typed)
                self._effect = Part(html.div().classes('fy-sm fy-muted fy-stack snug'), _effect)
            self._fault = html.div()
            self._fault.set_visibility(False)
            self._more = Part(html.div().classes('fy-rows'), self._build_more)
        with self.dialog.foot:
            button('Close', on_click=self.dialog.close)
            self._change_button = button('Change email', kind='primary', submit=True, on_click=self._change)
            self._change_button.props['form'] = self._form.html_id
        self._refresher = Refresher(self._refresh)
        self._deaf = live.on(LoginChanged, self._hear)
        self._show(login)
        self.dialog.on('hide', self._end)
        self.dialog.open()

    # ── What it shows ───────────────────────────────────────────────────────

    def _show(self, login: LoginDetails) -> None:
        if self.email.value == self._login.email != login.email:
            self.email.value = login.email
        self._login = login
        self._who.show(login.email, login.serves, login.belongs_with, self._page.contact_id, login.may_enter)
        self._waiting.show(login.waiting)
        self._waiting_box.set_visibility(login.waiting is not None)
        self._form.set_visibility(login.may_enter)
        self._change_button.set_visibility(login.may_enter)
        self._effect.show(login.serves, would(Revoked(login.sessions, login.links, login.invitations)))
        self._more.show(login)

    def _hear(self, event: LoginChanged) -> None:
        if event.login_id == self._page.login_id:
            self._refresher.ask(event)

    async def _refresh(self, _: object) -> None:
        if self.dialog.is_deleted:
            return
        login = await read_login(deps(), self._page.actor, self._page.contact_id)
        if login is None:
            self.dialog.close()
        elif not self.dialog.is_deleted:
            self._show(login)

    def _build_waiting(self, waiting: WaitingAddress | None) -> None:
        if waiting is None:
            return
        with notice('warn', 'Nothing changes until it is confirmed.', title=f'{waiting.email} was asked.'):
            with html.div().classes('fy-sm fy-muted'):
                if waiting.asked_by:
                    plain_text('span', f'By {waiting.asked_by}, ')
                When(waiting.asked_at, 'datetime')
                When(waiting.expires_at, 'datetime', prefix='. Its link works until ')
            with html.div().classes('fy-row hug tight'):
                button('Send again', small=True, on_click=self._again)
                button('Cancel change', small=True, on_click=self._cancel)

    def _build_more(self, login: LoginDetails) -> None:
        if login.locked_until is not None:
            with _row('Locked', 'Unlock', self._unlock):
                plain_text('span', CODE_LOCKED if _nobody_can_enter(login) else PASSWORD_LOCKED)
                When(login.locked_until, 'datetime', prefix='Ends by itself on ')
        if login.password_works and login.may_enter:
            with _row('Password', 'Send password reset', self._send_reset):
                words = 'choose another; the old one works until then' if login.password_set_at else 'choose one'
                plain_text('span', f'Mails a link to {words}. Nobody but the client ever sees it.')

    # ── What it does ────────────────────────────────────────────────────────

    async def _change(self) -> None:
        self.email.clear_error()
        self._say('')
        try:
            if await self._is_unsure():
                return
            await with_fresh_sign_in(self._page.actor, self._ask)
        except (AddressInvalid, LoginTaken, SameAddress) as error:
            self.email.show_error(say(error))
            self.email.run_method('focus')
        except DomainError as error:
            self._say(say(error))

    async def _is_unsure(self) -> bool:
        """Whether to ask before a client gets the address of somebody who works here."""
        typed = self.email.value or ''
        name = await staff_with_address(deps(), self._page.actor, typed) if typed != self._agreed else ''
        if name:

            async def go_on() -> None:
                self._agreed = typed
                self.dialog.focus_title()
                with self.dialog:  # the button goes
                    await self._change()

            self._fault.set_visibility(True)
            with self._fault, notice('warn', f'This is the address of {name}, who works here.', live=True):
                button('Use it all the same', small=True, on_click=go_on)
        return bool(name)

    def _typed(self) -> None:
        self.email.clear_error()
        self._say('')

    async def _ask(self) -> None:
        asked = await change_login_address(deps(), self._page.actor, self._page.contact_id, self.email.value or '')
        self.email.value = self._login.email
        _told(asked.email, asked.captured)
        self._refresher.ask()

    async def _again(self) -> None:
        async def send() -> None:
            asked = await send_address_link_again(deps(), self._page.actor, self._page.contact_id)
            _told(asked.email, asked.captured)

        await self._try(send)

    async def _cancel(self) -> None:
        async def cancel() -> None:
            await cancel_address_change(deps(), self._page.actor, self._page.contact_id)
            toast('The change was cancelled. Its link no longer works.')

        await self._try(cancel)

    async def _send_reset(self) -> None:
        async def send() -> None:
            sent = await send_password_reset(deps(), self._page.actor, self._page.contact_id)
            toast(
                f'The mail to {sent.to_address} waits in the Outbox: no mail server is set up.'
                if sent.captured
                else f'A link to choose a password is on its way to {sent.to_address}.'
            )

        await self._try(send)

    async def _unlock(self) -> None:
        async def unlock() -> None:
            await unlock_login(deps(), self._page.actor, self._page.contact_id)
            toast('Unlocked. The client can try again at once.')

        await self._try(unlock)

    async def _try(self, action: Callable[[], Awaitable[None]]) -> None:
        self._typed()
        self.dialog.focus_title()  # what was pressed may go
        try:
            await action()
        except DomainError as error:
            self._say(say(error))
        self._refresher.ask()

    def _say(self, words: str) -> None:
        self._fault.clear()
        self._fault.set_visibility(bool(words))
        if words:
            with self._fault:
                notice('bad', words, live=True)

    def _end(self) -> None:
        self._deaf()
        self.dialog.delete()


def _nobody_can_enter(login: LoginDetails) -> bool:
    return login.code_is_locked and login.two_factor_since is not None


def _told(address: str, captured: bool) -> None:
    toast(
        f'The mail to {address} waits in the Outbox: no mail server is set up.'
        if captured
        else f'{address} was asked. Nothing changes until it is confirmed.'
    )


def _who(
    email: str, serves: tuple[ServedContact, ...], belongs_with: Belonging | None, here: int, may_enter: bool
) -> None:
    """Whom it signs in for, this contact first; and by whose name its mail is addressed."""
    served = sorted(serves, key=lambda one: one.id != here) if len(serves) > NAMED else serves
    with html.p().classes('fy-muted'):
        plain_text('b', email).classes('fy-strong')
        plain_text('span', ' signs in for ')
        for number, one in enumerate(served[:NAMED]):
            if number:
                plain_text('span', ' and ' if number == len(served) - 1 else ', ')
            _served(one, is_here=one.id == here)
        if len(served) > NAMED:
            plain_text('span', ' and ')
            plain_text('a', f'{len(served) - NAMED:,} more').props['href'] = contacts_path(email)
        plain_text('span', '.')
    if belongs_with is not None:
        with html.p().classes('fy-muted'):
            plain_text('span', 'Mail to the login is addressed to ')
            plain_text('bdi', belongs_with.name).classes('fy-strong')
            plain_text('span', f', {why_words(belongs_with)}. ')
            plain_text('a', 'Choose another').props['href'] = shared_path(email)
    if not may_enter:
        notice('info', 'Portal access is off. To correct the address, edit the contact; or switch access on first.')


def _served(one: ServedContact, *, is_here: bool) -> None:
    if is_here:
        plain_text('bdi', one.name).classes('fy-strong')
    else:
        plain_text('a', one.name).props['href'] = f'/staff/contacts/{one.id}'
    if not one.has_access:
        plain_text('span', ' (no access)')


def _effect(serves: tuple[ServedContact, ...], effect: str) -> None:
    if len(serves) > 1:
        names = [one.name for one in serves[:NAMED]]
        if len(serves) > NAMED:
            names.append(f'{len(serves) - NAMED} more')
        plain_text(
            'p',
            f'Another address changes it for all {several(len(serves), "contact")}: {listed(names)}. '
            'To move only this contact, edit the contact.',
        )
    plain_text('p', 'The new address is asked first, and the old one is told. Nothing changes until it is confirmed.')
    then = f'Then it {effect}. ' if effect else ''
    plain_text('p', f'{then}Password and two-factor authentication stay.')


def _row(title: str, label: str, act: Callable[[], Awaitable[None]]) -> html.div:
    """A line with one button at its right; with it, the sentence beneath its title."""
    with html.div().classes('fy-row wrap').style('padding: var(--s3) 0'):
        with html.div().classes('fy-grow').style('flex-basis: 220px'):
            plain_text('div', title).classes('fy-strong')
            sentence = html.div().classes('fy-sm fy-muted')
        button(label, small=True, on_click=act)
    return sentence
