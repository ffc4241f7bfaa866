"""What is asked and said before something is done with a member of the team, and after."""

from collections.abc import Awaitable, Callable

from nicegui import html

from domain.actors import Role, StaffActor
from domain.addresses import normalise_address
from domain.errors import AddressInvalid, DomainError, ReasonNeeded, StaffAddressTaken, TextInvalid
from domain.staff.roles import may_manage
from domain.staff.staff_invitations import StaffInvited, client_with_address, invite_staff
from domain.staff.staff_passwords import send_staff_reset
from domain.staff.staff_second_factor import reset_staff_two_factor
from domain.staff.staff_sessions import WaysIn
from domain.staff.team import (
    Member,
    change_role,
    disable_staff,
    enable_staff,
    look_before_disabling,
    remove_staff,
    unlock_staff,
)
from domain.texts import one_line
from ui.components.basics import TextField, button, dialog, notice, plain_text, text_field, toast
from ui.components.option_cards import OptionCards
from ui.components.part import Part
from ui.dependencies import deps
from ui.messages import say
from ui.staff.ask_first import ask_first
from ui.staff.confirm import with_fresh_sign_in
from ui.staff.contact_words import several

ROLES = {
    Role.STAFF: ('Staff', 'Looks after contacts: invites them, gives access, sends links.'),
    Role.ADMIN: ('Admin', 'The same, and changes settings, exports, and manages the team.'),
    Role.OWNER: ('Owner', 'Everything, and manages other owners.'),
}
LONGEST_TYPED = 400  # more than fits may be typed, so that the error can be read and nothing is cut off


def _form() -> html.form:
    """Around the fields of a dialog: Enter in one presses the button that submits, and nothing leaves the page."""
    return html.form().classes('fy-stack').on('submit', js_handler='(event) => event.preventDefault()')


def _tell_at(field: TextField, error: DomainError) -> None:
    field.show_error(say(error))
    field.run_method('focus')


class RolePicker:
    def __init__(self, actor: StaffActor, chosen: Role) -> None:
        """The roles this actor may give."""
        self.role = chosen
        options = [(role.value, *words) for role, words in ROLES.items() if may_manage(actor, role)]
        plain_text('div', 'Role').classes('fy-sm fy-strong')
        self._cards = OptionCards('Role', options, self._pick)
        self._pick(chosen.value)

    def _pick(self, key: str) -> None:
        self.role = Role(key)
        self._cards.show(key, {})


# ── Inviting ─────────────────────────────────────────────────────────────────


def open_invite_staff(actor: StaffActor) -> None:
    """Open the dialog."""
    InviteStaffDialog(actor).dialog.open()


class InviteStaffDialog:
    def __init__(self, actor: StaffActor) -> None:
        """Name, email and role; built closed."""
        self._actor = actor
        subtitle = 'Mails a link, valid for 7 days, behind which they choose a password of their own.'
        with (
            dialog('Invite to the team', subtitle, has_fields=True) as self.dialog,
            _form() as form,
        ):
            self._name: TextField = text_field('Name', autocomplete='off', longest=LONGEST_TYPED, focus=True)
            self._email: TextField = text_field('Email', kind='email', autocomplete='off', longest=LONGEST_TYPED)
            for field in (self._name, self._email):
                field.on_value_change(field.clear_error)
            self._client = Part(html.div(), _is_a_client)
            self._email.on_value_change(self._look)
            self._role = RolePicker(actor, Role.STAFF)
        with self.dialog.foot:
            button('Cancel', on_click=self.dialog.close)
            send = button('Send invitation', icon='send', kind='primary', submit=True, on_click=self._send)
            send.props['form'] = form.html_id
        self.dialog.on('hide', self.dialog.delete)

    async def _look(self) -> None:
        """Whether a client signs in with what is typed; what is typed meanwhile is looked at by itself."""
        typed = self._email.value or ''
        try:
            name = await client_with_address(deps(), self._actor, typed)
        except DomainError:
            name = ''
        if typed == (self._email.value or '') and not self.dialog.is_deleted:
            self._client.show(name)

    def _has_faults(self) -> bool:
        """Every field that is wrong says so; the first has the cursor."""
        wrong: list[TextField] = []
        for field, check in ((self._name, _check_name), (self._email, normalise_address)):
            try:
                check(field.value or '')
            except (TextInvalid, AddressInvalid) as error:
                field.show_error(say(error))
                wrong.append(field)
        if wrong:
            wrong[0].run_method('focus')
        return bool(wrong)

    async def _send(self) -> None:
        if self._has_faults():
            return
        try:
            done = await with_fresh_sign_in(self._actor, self._invite)
        except TextInvalid as error:
            _tell_at(self._name, error)
            return
        except (AddressInvalid, StaffAddressTaken) as error:
            _tell_at(self._email, error)
            return
        except DomainError as error:
            toast(say(error), kind='bad')
            return
        if done:
            self.dialog.close()

    async def _invite(self) -> None:
        _tell_invited(
            await invite_staff(deps(), self._actor, self._name.value or '', self._email.value or '', self._role.role)
        )


def _is_a_client(name: str) -> None:
    if name:
        notice(
            'info',
            f'{name} signs in to the portal with this address as a client. Both stay apart: the team has a sign-in, a '
            'password and rights of its own, and nothing changes for the client.',
            live=True,
        ).classes(remove='wrap')


def _check_name(text: str) -> str:
    return one_line(text, 'name', needed=True)


async def invite_again(actor: StaffActor, member: Member) -> None:
    """Another link, and the older one dies."""

    async def again() -> None:
        _tell_invited(await invite_staff(deps(), actor, member.name, member.email, member.role))

    await with_fresh_sign_in(actor, again)


def _tell_invited(invited: StaffInvited) -> None:
    again = ' The older link no longer works.' if invited.renewed else ''
    if invited.captured:
        toast(f'The invitation for {invited.name} is kept in the outbox: no mail server is set up.{again}')
    else:
        toast(f'An invitation is on its way to {invited.email}.{again}')


# ── Locked ───────────────────────────────────────────────────────────────────


async def unlock(actor: StaffActor, member: Member) -> None:
    """Too many wrong passwords stand for nothing any more."""
    await unlock_staff(deps(), actor, member.id)
    toast(f'{member.name} can sign in again.')


# ── Roles ────────────────────────────────────────────────────────────────────


async def open_role_dialog(actor: StaffActor, member: Member) -> None:
    """Another role for this member."""
    subtitle = f'{member.name} is {_a(member.role)} now. It counts at once.'
    with dialog('Change role', subtitle, has_fields=True) as asked, _form() as form:
        picker = RolePicker(actor, member.role)

    async def change() -> None:
        await change_role(deps(), actor, member.id, picker.role)
        if picker.role is not member.role:
            toast(f'{member.name} is {_a(picker.role)} now.')

    async def save() -> None:
        try:
            if await with_fresh_sign_in(actor, change):
                asked.close()
        except DomainError as error:
            toast(say(error), kind='bad')

    with asked.foot:
        button('Cancel', on_click=asked.close)
        button('Save', kind='primary', submit=True, on_click=save).props['form'] = form.html_id
    asked.on('hide', asked.delete)
    asked.open()


def _a(role: Role) -> str:
    return {Role.OWNER: 'an owner', Role.ADMIN: 'an admin', Role.STAFF: 'staff'}[role]


# ── Shutting out, and in again ───────────────────────────────────────────────


async def ask_before_disabling(actor: StaffActor, member: Member) -> None:
    """Say what it will end, in numbers, then do it."""
    ends = await look_before_disabling(deps(), actor, member.id)

    async def disable() -> None:
        ended = await disable_staff(deps(), actor, member.id)
        toast(f'{member.name} is disabled. {_ended(ended)}')

    ask_first(
        f'Disable {member.name}?',
        f'{member.name} cannot sign in any more. {_will_end(ends)} What they did stays on record, and you can '
        'let them in again.',
        'Disable',
        lambda: _fresh(actor, disable),
    )


async def enable(actor: StaffActor, member: Member) -> None:
    """Let a member in again."""

    async def act() -> None:
        await enable_staff(deps(), actor, member.id)
        toast(f'{member.name} can sign in again.' if member.has_joined else f'{member.name} can be invited again.')

    await with_fresh_sign_in(actor, act)


async def ask_before_removing(actor: StaffActor, member: Member) -> None:
    """Say what goes and what stays, then do it."""

    async def remove() -> None:
        await remove_staff(deps(), actor, member.id)
        toast(f'{member.name} is removed.')

    what = (
        'What they did stays in the activity under their name. To come back they need a new invitation.'
        if member.has_joined
        else 'The invitation is taken back, and its link no longer works.'
    )
    ask_first(f'Remove {member.name}?', what, 'Remove', lambda: _fresh(actor, remove))


async def send_reset(actor: StaffActor, member: Member) -> None:
    """Mail a link for another password."""

    async def send() -> None:
        await send_staff_reset(deps(), actor, member.id)
        toast(f'A link to choose a new password is on its way to {member.email}.')

    await with_fresh_sign_in(actor, send)


async def ask_before_resetting(actor: StaffActor, member: Member) -> None:
    """Ask for the reason, say what it ends, then do it."""
    ends = await look_before_disabling(deps(), actor, member.id)
    subtitle = f'{member.name} signs in with the password alone until it is set up anew. {_will_end(ends)}'
    with dialog('Reset two-factor', subtitle, has_fields=True) as asked, _form() as form:
        reason = text_field(
            'Reason', hint='Kept in the activity, for example “lost phone, called me back”.', longest=LONGEST_TYPED,
            focus=True,
        )  # fmt: skip
        reason.on_value_change(reason.clear_error)

    async def reset() -> None:
        ended = await reset_staff_two_factor(deps(), actor, member.id, reason.value or '')
        toast(f'Two-factor of {member.name} is reset. {_ended(WaysIn(ended, 0))}')

    async def go() -> None:
        try:
            if await with_fresh_sign_in(actor, reset):
                asked.close()
        except (ReasonNeeded, TextInvalid) as error:
            _tell_at(reason, error)
        except DomainError as error:
            toast(say(error), kind='bad')

    with asked.foot:
        button('Keep', on_click=asked.close)
        button('Reset two-factor', kind='danger-fill', submit=True, on_click=go).props['form'] = form.html_id
    asked.on('hide', asked.delete)
    asked.open()


async def _fresh(actor: StaffActor, act: Callable[[], Awaitable[None]]) -> None:
    await with_fresh_sign_in(actor, act)


def _will_end(ends: WaysIn) -> str:
    counted = _counted(ends)
    return f'This ends {counted} at once.' if counted else 'Nobody is signed in as them now.'


def _ended(ended: WaysIn) -> str:
    counted = _counted(ended)
    return f'That ended {counted}.' if counted else ''


def _counted(ways: WaysIn) -> str:
    parts = [several(number, word) for number, word in ((ways.sessions, 'session'), (ways.links, 'link')) if number]
    return ' and '.join(parts)
