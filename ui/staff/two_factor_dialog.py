"""Reset 2FA: what it does in numbers, and why it is done."""

from typing import TYPE_CHECKING

from nicegui import html

from domain.access.login_details import LoginDetails, read_login
from domain.access.second_factor_reset import LONGEST_REASON, reset_two_factor
from domain.contacts.portal_access import Revoked
from domain.errors import DomainError, ReasonNeeded, TextInvalid, TwoFactorIsOff
from ui.components.basics import button, dialog, notice, plain_text, text_field, toast
from ui.dependencies import deps
from ui.messages import say
from ui.staff.confirm import with_fresh_sign_in
from ui.staff.contact_words import did, named, would

if TYPE_CHECKING:
    from ui.staff.contact import ContactPage


async def open_two_factor_dialog(page: 'ContactPage') -> None:
    """Open it for the contact of this page. Raises TwoFactorIsOff, ContactNotFound, NotAllowed, SignedOut."""
    login = await read_login(deps(), page.actor, page.contact_id)
    if login is None or login.two_factor_since is None:
        raise TwoFactorIsOff()
    TwoFactorDialog(page, login)


class TwoFactorDialog:
    def __init__(self, page: 'ContactPage', login: LoginDetails) -> None:
        """Build and open."""
        self._page = page
        with dialog('Reset two-factor authentication?', has_fields=True) as self.dialog:
            for sentence in _sentences(login):
                plain_text('p', sentence)
            with html.form() as form:
                form.on('submit', js_handler='(event) => event.preventDefault()')
                self.reason = text_field(
                    'Reason',
                    autocomplete='off',
                    placeholder='Phone lost; called back on the number we have',
                    hint='For the activity log. The client does not see it.',
                    longest=LONGEST_REASON + 100,
                    focus=True,
                )
                self.reason.on_value_change(self.reason.clear_error)
            self._fault = html.div()
            self._fault.set_visibility(False)
        with self.dialog.foot:
            button('Keep', on_click=self.dialog.close)
            reset = button('Reset two-factor', kind='danger-fill', submit=True, on_click=self._reset)
            reset.props['form'] = form.html_id
        self.dialog.on('hide', self.dialog.delete)
        self.dialog.open()

    async def _reset(self) -> None:
        self.reason.clear_error()
        try:
            await with_fresh_sign_in(self._page.actor, self._do)
        except (ReasonNeeded, TextInvalid) as error:
            self.reason.show_error(say(error))
            self.reason.run_method('focus')
        except DomainError as error:
            self._fault.clear()
            self._fault.set_visibility(True)
            with self._fault:
                notice('bad', say(error), live=True)

    async def _do(self) -> None:
        done = await reset_two_factor(deps(), self._page.actor, self._page.contact_id, self.reason.value or '')
        self.dialog.close()
        toast(f'Two-factor authentication was reset. {did(Revoked(done.sessions, done.links, 0))}'.strip())
        self._page.refresher.ask()


def _sentences(login: LoginDetails) -> list[str]:
    effect = would(Revoked(login.sessions, login.links + login.invitations, 0))
    said = ['The authenticator app and its recovery codes stop working, until the client sets up new ones.']
    said.append(
        f'This {effect} at once. {login.email} is told by mail.' if effect else f'{login.email} is told by mail.'
    )
    others = tuple(one.name for one in login.serves)
    if len(others) > 1:
        said.append(f'The login serves {named(others)}.')
    return said
