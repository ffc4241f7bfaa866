"""The dialog that makes a contact or changes one. What was typed stays until it is saved."""

from collections.abc import Awaitable, Callable
from inspect import isawaitable
from typing import Any

from nicegui import html
from nicegui import ui as nui

from domain.actors import StaffActor
from domain.contacts.address_move import AddressMoved
from domain.contacts.directory import ContactView, create_contact, edit_contact
from domain.contacts.new_contact import ContactDetails, Kind
from domain.contacts.portal_access import look_before_revoking
from domain.errors import AddressInvalid, DomainError, TextInvalid
from domain.language import LANGUAGE_NAMES
from domain.portal.portal_settings import read_portal
from domain.texts import LONGEST_NAME
from ui.components.basics import TextField, button, dialog, notice, plain_text, text_field, toast
from ui.dependencies import deps
from ui.messages import say
from ui.staff.confirm import with_fresh_sign_in
from ui.staff.contact_words import did, would

OnSaved = Callable[[int], Awaitable[None] | None]
LONGEST_TYPED = LONGEST_NAME + 200  # more than fits may be typed, so that the error can be read and nothing is cut off


async def open_contact_dialog(
    actor: StaffActor, contact: ContactView | None = None, on_saved: OnSaved | None = None, *, email: str = ''
) -> None:
    """Open it: for a new contact, or with what is known of one. `on_saved` is called with its id.

    `email` is filled in for a new one.
    """
    preset = contact is None and (await read_portal()).new_contacts_get_access
    effect = ''
    if contact is not None and contact.email:
        effect = would(await look_before_revoking(deps(), actor, contact.id))
    ContactDialog(actor, contact, preset=preset, effect=effect, email=email, on_saved=on_saved)


class ContactDialog:
    def __init__(
        self,
        actor: StaffActor,
        contact: ContactView | None,
        *,
        preset: bool,
        effect: str,
        email: str,
        on_saved: OnSaved | None,
    ) -> None:
        """Build and open. `effect` is what a change of address closes, in numbers."""
        self._actor, self._contact, self._effect, self._on_saved = actor, contact, effect, on_saved
        self._kind = Kind(contact.kind) if contact else Kind.PERSON
        self.access: nui.switch | None = None
        with dialog('New contact' if contact is None else 'Edit contact', has_fields=True) as self.dialog:
            with html.form().classes('fy-stack') as form:
                form.on('submit', js_handler='(event) => event.preventDefault()')
                self._choice()
                self.name = self._field('Name', contact.name if contact else '', focus=True)
                self.email = self._field('Email', contact.email if contact else email)
                self.email.props('inputmode=email autocapitalize=none spellcheck=false')
                self.organisation = self._field('Organisation', contact.organisation if contact else '')
                self.language = nui.select(
                    {'': 'Automatic', **LANGUAGE_NAMES}, value=contact.language if contact else '', label='Language'
                ).props('hint="Of the portal and of mail. Automatic: as the browser of the client asks."')
                if contact is None:
                    self._access_switch(preset)
            self.box = html.div()
            self._refused = ''
            self._say()
        with self.dialog.foot:
            button('Cancel', on_click=self.dialog.close)
            save = button('Save', kind='primary', submit=True, on_click=self._save)
            save.props['form'] = form.html_id
        self.dialog.on('hide', self.dialog.delete)
        self.dialog.open()

    def _choice(self) -> None:
        with html.div().classes('fy-seg').props('role=group aria-label=Kind').style('width: max-content'):
            self._kinds = {
                kind: button(words, on_click=lambda kind=kind: self._pick(kind))
                for kind, words in ((Kind.PERSON, 'Person'), (Kind.ORGANISATION, 'Organisation'))
            }
        for made in self._kinds.values():
            made.props['type'] = 'button'
        self._pick(self._kind)

    def _pick(self, kind: Kind) -> None:
        self._kind = kind
        for one, made in self._kinds.items():
            made.props['aria-pressed'] = 'true' if one is kind else 'false'

    def _field(self, label: str, value: str, *, focus: bool = False) -> TextField:
        made: TextField = text_field(label, value=value, autocomplete='off', longest=LONGEST_TYPED, focus=focus)
        made.on_value_change(lambda: self._typed(made))
        return made

    def _typed(self, field: TextField) -> None:
        field.clear_error()
        if field is self.email:
            self._say()

    def _access_switch(self, preset: bool) -> None:
        with html.div().classes('fy-switch').style('padding: 0'):
            with html.div():
                plain_text('div', 'Portal access').classes('fy-strong').props('aria-hidden=true')
                plain_text('p', 'They may sign in once an address is entered. Nobody is mailed by this.')
            self.access = nui.switch('Portal access', value=preset)
            self.access.props['aria-label'] = 'Portal access'

    def _say(self) -> None:
        """What saving would do beyond changing words; and a refusal that belongs to no field."""
        text = self._consequence()
        self.box.clear()
        with self.box:
            if self._refused:
                notice('bad', self._refused, live=True)
            elif text:
                notice('warn', text, live=True)
        self.box.set_visibility(bool(self._refused or text))

    def _consequence(self) -> str:
        contact, typed = self._contact, (self.email.value or '').strip().lower()
        if contact is None or not contact.email or typed == contact.email:
            return ''
        said = []
        if self._effect:
            said.append(f'Another address {self._effect} of {contact.email} at once.')
        if not typed:
            said.append('Without an address nobody can sign in.')
        elif contact.has_open_invitation and contact.portal_access:
            said.append('The invitation goes out anew, to the new address.')
        elif contact.joined_at:
            said.append('The client is signed out and signs in with the new address from then on. The old one is told.')
        return ' '.join(said)

    async def _save(self) -> None:
        details = ContactDetails(
            self._kind,
            self.name.value or '',
            self.email.value or '',
            self.organisation.value or '',
            str(self.language.value or ''),
        )
        self._refused = ''

        async def write() -> None:
            saved.append(await self._write(details))

        saved: list[tuple[int, str]] = []
        try:
            await with_fresh_sign_in(self._actor, write)
        except DomainError as error:
            self._refuse(error)
        if not saved:
            return
        ((contact_id, words),) = saved
        self.dialog.close()
        toast(words)
        answer: Any = self._on_saved(contact_id) if self._on_saved else None
        if isawaitable(answer):
            await answer

    async def _write(self, details: ContactDetails) -> tuple[int, str]:
        if self._contact is None:
            made = await create_contact(
                deps(), self._actor, details, give_access=bool(self.access.value) if self.access else None
            )
            return made, f'{_short(details.name)} added.'
        moved = await edit_contact(deps(), self._actor, self._contact.id, details)
        return self._contact.id, _saved(moved, details.email)

    def _refuse(self, error: DomainError) -> None:
        fields = {'name': self.name, 'organisation': self.organisation}
        field = self.email if isinstance(error, AddressInvalid) else None
        if isinstance(error, TextInvalid):
            field = fields.get(error.field)
        if field is not None:
            field.show_error(say(error))
            field.run_method('focus')
        else:
            self._refused = say(error)
        self._say()


def _saved(moved: AddressMoved | None, email: str) -> str:
    if moved is None:
        return 'Saved.'
    again = f'The invitation goes out anew to {email.strip().lower()}.' if moved.invited_again else ''
    return ' '.join(filter(None, ('Saved.', did(moved.closed), again)))


def _short(name: str) -> str:
    clean = ' '.join(name.split())
    return clean if len(clean) <= 60 else f'{clean[:59]}…'
