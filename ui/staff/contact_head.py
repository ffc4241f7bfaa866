"""The top of a contact's page: who it is, and what can be done."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from nicegui import html
from nicegui import ui as nui

from domain.authorization import Permission, may
from domain.contacts.directory import ContactView, delete_contact
from domain.contacts.invitations import cancel_invitation
from domain.contacts.portal_access import look_before_revoking
from domain.errors import DomainError
from ui.components.basics import badge, button, face, menu, menu_item, menu_separator, notice, plain_text, toast
from ui.components.part import Part
from ui.dependencies import deps
from ui.messages import say
from ui.staff.ask_first import ask_first
from ui.staff.contact_dialog import open_contact_dialog
from ui.staff.contact_words import did, would
from ui.staff.farewell import leave_word
from ui.staff.invite_dialog import open_invite_dialog
from ui.staff.login_email_dialog import open_login_email_dialog
from ui.staff.magic_link_dialog import open_magic_link_dialog

if TYPE_CHECKING:
    from ui.staff.contact import ContactPage

ASKED = ('invited', 'invite_expired')  # an invitation went out, and they have not come in


class ContactHead:
    def __init__(self, page: 'ContactPage') -> None:
        """Build it in the page; `show` fills it."""
        self._page = page
        self._contact: ContactView | None = None
        with html.div().classes('fy-head').style('align-items: center'):
            self._who = Part(html.div().classes('fy-row').style('gap: var(--s4)'), self._build_who)
            with html.div().classes('fy-row hug tight'):
                if may(page.actor, Permission.VIEW_PORTAL):
                    button('View in portal', icon='eye', on_click=self._view_portal)
                actions = Part(html.div().style('display: contents'), self._build_buttons)  # one row wraps
                self._menu_button = button('', icon='ellipsis', label='More actions')
                with self._menu_button:
                    self._menu = menu()
            self._buttons, self._items = actions, Part(self._menu, self._build_menu)
        self._refused_box = html.div()
        self._refused = Part(self._refused_box, self._build_refused)
        self._refused_box.set_visibility(False)

    def show(self, contact: ContactView) -> None:
        """Show this contact, and what can be done with it now."""
        self._contact = contact
        self._who.show(contact.name, contact.kind, contact.email, contact.organisation, contact.status)
        self._buttons.show(contact.status, bool(contact.email))
        self._items.show(contact.status, bool(contact.email), contact.has_open_invitation)
        is_refused = contact.email_status == 'refused' and bool(contact.email)
        self._refused.show(contact.email if is_refused else '')
        self._refused_box.set_visibility(is_refused)

    def _build_who(self, name: str, kind: str, email: str, organisation: str, status: str) -> None:
        face(name, kind, 'l')
        with html.div().classes('fy-grow'):
            with html.div().classes('fy-row wrap tight'):
                plain_text('h1', name).classes('fy-headname').props['title'] = name
                badge(status)
            with html.p().classes('fy-muted fy-headsub'):
                plain_text('span', email or 'No address yet')
                if organisation:
                    plain_text('span', ' · ')
                    plain_text('bdi', organisation)

    def _build_buttons(self, status: str, has_address: bool) -> None:
        """One primary: the login email for who has joined, the invitation for everybody else."""
        if status in ASKED:
            button('Invite again', icon='rotate-ccw', kind='primary', on_click=self._invite)
            return
        may_enter = has_address and status not in ('no_access', 'revoked')
        asks_in = status != 'joined'
        if may_enter:
            button('Send Login Email', icon='mail', kind='quiet' if asks_in else 'primary', on_click=self._login_email)
        if asks_in:
            button('Invite to Client Portal', icon='user-plus', kind='primary', on_click=self._invite)

    def _build_menu(self, status: str, has_address: bool, has_open_invitation: bool) -> None:
        if has_address and status in ASKED:
            menu_item('Send Login Email', self._login_email, icon='mail')
        if has_address and status not in ('no_access', 'revoked'):
            menu_item('Generate Magic Link', self._magic_link, icon='link')
        if has_open_invitation:
            if status not in ASKED:
                menu_item(
                    'Invite again', self._invite, icon='rotate-ccw', caption='The old link dies, a new mail goes out'
                )
            menu_item('Cancel invitation', self._cancel_invitation, icon='user-x')
        if may(self._page.actor, Permission.EDIT_CONTACTS):
            menu_item('Edit', self._edit, icon='pencil')
            menu_separator()
            menu_item('Delete', self._delete, icon='trash-2', danger=True)

    def _build_refused(self, email: str) -> None:
        if not email:
            return
        with notice('bad', f'The mail server refused the mail to {email}.', title='This address gets no mail.'):
            if may(self._page.actor, Permission.EDIT_CONTACTS):
                button('Edit address', small=True, on_click=self._edit)

    # ── What it does ────────────────────────────────────────────────────────

    async def _in_dialogs(self, open_dialog: Callable[..., Any], *args: Any) -> None:
        """Dialogs live beside the page, so that none vanishes when a part of it is drawn again."""
        with self._page.dialogs:
            try:
                answer = open_dialog(self._page.actor, *args)
                if isinstance(answer, Awaitable):
                    await answer
            except DomainError as error:
                toast(say(error), kind='bad')

    async def _login_email(self) -> None:
        await self._in_dialogs(open_login_email_dialog, (self._page.contact_id,))

    async def _invite(self) -> None:
        await self._in_dialogs(open_invite_dialog, self._page.contact_id)

    async def _magic_link(self) -> None:
        await self._in_dialogs(open_magic_link_dialog, self._page.contact_id)

    def _view_portal(self) -> None:
        nui.navigate.to(f'/staff/contacts/{self._page.contact_id}/portal')

    async def _edit(self) -> None:
        await self._in_dialogs(open_contact_dialog, self._contact, lambda _: self._page.refresher.ask())

    async def _cancel_invitation(self) -> None:
        async def cancel() -> None:
            await cancel_invitation(deps(), self._page.actor, self._page.contact_id)
            toast('Invitation cancelled. Its link no longer works.')

        with self._page.dialogs:
            ask_first(
                'Cancel the invitation?',
                'Its link stops working at once. Portal access stays on; you can invite again at any time.',
                'Cancel invitation',
                cancel,
            )

    async def _delete(self) -> None:
        page, contact = self._page, self._contact
        if contact is None:
            return
        effect = would(await look_before_revoking(deps(), page.actor, page.contact_id))

        async def delete() -> None:
            page.is_left = True
            try:
                done = await delete_contact(deps(), page.actor, page.contact_id)
            except DomainError:
                page.is_left = False
                raise
            leave_word(page.actor, f'{_short(contact.name)} was deleted. {did(done)}'.strip())
            nui.navigate.to('/staff/contacts')

        words = f'This {effect} at once. ' if effect else ''
        with page.dialogs:
            ask_first(
                f'Delete {_short(contact.name)}?',
                f'{words}What happened so far stays in the activity log. Deleting cannot be undone.',
                'Delete',
                delete,
            )


def _short(name: str) -> str:
    return name if len(name) <= 60 else f'{name[:59]}…'
