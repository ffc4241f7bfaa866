"""`/staff/team`: who works here, what each may do, and how each comes in; live."""

import structlog
from nicegui import context, html

from domain.actors import Role, StaffActor
from domain.authorization import Permission
from domain.errors import SignedOut
from domain.events import Event, TeamChanged
from domain.portal.portal_settings import read_portal
from domain.staff.roles import may_manage
from domain.staff.team import Member, MemberState, list_team
from ui import live
from ui.components.basics import button, empty_state, notice, plain_text
from ui.components.live_table import Act, Badge, Cell, Column, Moment, Piece, Row, Table, Text
from ui.components.refresher import Refresher
from ui.dependencies import deps
from ui.errors import excuse
from ui.frame import staff_frame, staff_page
from ui.staff.contact_words import several
from ui.staff.team_dialogs import (
    ask_before_disabling,
    ask_before_removing,
    ask_before_resetting,
    enable,
    invite_again,
    open_invite_staff,
    open_role_dialog,
    send_reset,
    unlock,
)

log = structlog.get_logger(__name__)

PATH = '/staff/team'
ACTS = {
    'role': open_role_dialog,
    'again': invite_again,
    'unlock': unlock,
    'password': send_reset,
    'two-factor': ask_before_resetting,
    'disable': ask_before_disabling,
    'enable': enable,
    'remove': ask_before_removing,
}


def register() -> None:
    """Register the page."""
    staff_page(PATH, title='Team', permission=Permission.MANAGE_TEAM)(team_page)


async def team_page(actor: StaffActor) -> None:
    """Everybody who works here."""
    with staff_frame(actor, (await read_portal()).firm_name, here=PATH):
        await TeamPage(actor).load()


class TeamPage:
    def __init__(self, actor: StaffActor) -> None:
        """Build it in the page; `load` fills it."""
        self._actor, self._client = actor, context.client
        self._members: dict[int, Member] = {}
        self._acted_on: set[int] = set()  # by this reader, who wants to see it done at once
        with html.div().classes('fy-head'):
            with html.div():
                html.h1('Team')
                self._count = plain_text('p', '\u00a0').classes('fy-muted fy-num')
            self._invite_button = button('Invite to the team', icon='user-plus', kind='primary', on_click=self._invite)
        self._error = notice('bad', 'The team could not be read.', live=True)
        with self._error:
            button('Try again', small=True, on_click=self.load)
        self._error.set_visibility(False)
        with html.section().classes('fy-card').props('aria-label=Team') as self._card:
            self._table = Table(
                'Team',
                [Column('Name'), Column('Role', '110px', on_phone=False), Column('Status', '140px', on_phone=False),
                 Column('Two-factor', '110px', on_phone=False), Column('Last sign-in', '130px', on_phone=False)],
                on_act=self._act,
            )  # fmt: skip
        self._alone = html.section().classes('fy-card')
        self._alone.set_visibility(False)
        with (
            self._alone,
            empty_state(
                'You work here alone so far',
                'Ask a colleague in: an admin helps you run the portal, staff look after clients.',
                art=False,
            ),
        ):
            button('Invite to the team', icon='user-plus', kind='primary', on_click=self._invite)
        self.dialogs = html.div()
        refresher = Refresher(self.load)
        live.on(TeamChanged, refresher.ask)

    async def load(self, change: Event | None = None) -> None:
        """Read and show; an error stands in the place of the list. What others do never moves rows under a pointer."""
        try:
            members = await list_team(deps(), self._actor)
        except SignedOut:
            return  # the page is being closed
        except Exception:
            log.exception('the team could not be read')
            self._error.set_visibility(True)
            self._card.set_visibility(False)
            return
        self._members = {one.id: one for one in members}
        self._error.set_visibility(False)
        self._card.set_visibility(True)
        self._count.set_text(_summary(members))
        mine = isinstance(change, TeamChanged) and not self._acted_on.isdisjoint(change.staff_ids)
        self._table.show([_row(self._actor, one) for one in members], settled=change is None or mine)
        is_alone = len(members) == 1
        self._alone.set_visibility(is_alone)
        self._invite_button.set_visibility(not is_alone)

    def _invite(self) -> None:
        with self.dialogs:
            open_invite_staff(self._actor)

    async def _act(self, row: str, act: str) -> None:
        member = self._members.get(int(row))
        if member is None or act not in ACTS:
            return
        self._acted_on.add(member.id)
        with self.dialogs:
            try:
                await ACTS[act](self._actor, member)
            except Exception as error:
                excuse(error)
                await self.load()


def _summary(members: list[Member]) -> str:
    """How many there are, and what of them wants attention."""
    active = [one for one in members if one.state is MemberState.ACTIVE]
    parts = [several(len(active), 'member')]
    invited = sum(one.state in (MemberState.INVITED, MemberState.INVITE_EXPIRED) for one in members)
    disabled = sum(one.state is MemberState.DISABLED for one in members)
    without = sum(not one.two_factor for one in active)
    for number, words in ((invited, 'invited'), (disabled, 'disabled'), (without, 'without two-factor')):
        if number:
            parts.append(f'{number:,} {words}')
    return ', '.join(parts)


def _row(actor: StaffActor, member: Member) -> Row:
    is_me = member.id == actor.staff_id
    name: tuple[Piece, ...] = (Text(member.name, 'strong'), *((Text(' (you)', 'muted'),) if is_me else ()))
    state, is_locked = Badge(member.state.value), member.locked_until is not None
    lines: list[tuple[Piece, ...]] = [
        name,
        (Text(member.email, 'muted'),),
        (
            Badge(member.state.value, phone='only'),
            Text(f' {role_words(member.role)}', phone='only'),
            Text(' · two-factor' if member.two_factor else '', phone='only'),
            Text(' · locked' if is_locked else '', phone='only'),
        ),
    ]
    last: Piece = Moment(member.last_sign_in_at, look='muted')
    if not member.has_joined and member.invited_at is not None:
        last = Moment(member.invited_at, look='muted', prefix='Invited ')
    return Row(
        key=str(member.id),
        name=member.name,
        cells=(
            Cell(tuple(lines), face=(member.name, 'person')),
            Cell(((Text(role_words(member.role)),),)),
            Cell(((state,), *(((Text('Locked', 'muted'),),) if is_locked else ()))),
            Cell(((Text('On' if member.two_factor else 'Off', '' if member.two_factor else 'muted'),),)),
            Cell(((last,),)),
        ),
        menu=() if is_me else _menu(actor, member),
    )


def role_words(role: Role) -> str:
    """The word for a role."""
    return role.value.capitalize()


def _menu(actor: StaffActor, member: Member) -> tuple[Act, ...]:
    """What this actor may do with that member; nothing where the member is an owner and the actor is none."""
    if not may_manage(actor, member.role):
        return ()
    acts = [Act('role', 'Change role', 'user-cog')]
    is_disabled = member.state is MemberState.DISABLED
    if not member.has_joined and not is_disabled:
        acts.append(Act('again', 'Invite again', 'rotate-ccw'))
    if member.locked_until is not None:
        acts.append(Act('unlock', 'Unlock', 'lock-open'))
    if member.has_joined and not is_disabled:
        acts.append(Act('password', 'Send password reset', 'key-round'))
        if member.two_factor:
            acts.append(Act('two-factor', 'Reset two-factor', 'shield', danger=True))
        acts.append(Act('disable', 'Disable', 'ban', danger=True))
    if is_disabled:
        acts.append(Act('enable', 'Enable', 'user-check'))
    if is_disabled or not member.has_joined:
        acts.append(Act('remove', 'Remove', 'trash-2', danger=True))
    return tuple(acts)
