"""The dry run on screen: a line for each group, how many are in it, and who, page by page once it is unfolded."""

from collections.abc import Callable

from nicegui import html
from nicegui import ui as nui

from domain.actors import StaffActor
from domain.contacts.bulk import (
    CAN_BE_LEFT_OUT,
    LEFT_ALONE,
    LEFT_OUT_UNLESS_ASKED,
    BulkKind,
    DryRun,
    Group,
    GroupMember,
    group_members,
)
from domain.contacts.selection import Selection
from domain.errors import DomainError
from ui.components.basics import button, face, plain_text
from ui.components.progress_bar import use_job_styles
from ui.dependencies import deps
from ui.messages import say
from ui.staff.contact_words import several
from ui.theme import icon

STEP = 20
MOST = 500  # listed in a dialog; the job lists everybody
TOO_MUCH = 'Too much is being read at the moment. Please ask for more in a while.'

_WORDS: dict[Group, tuple[str, str]] = {
    Group.TO_INVITE: ('will be invited', 'will be invited'),
    Group.TO_INVITE_AGAIN: ('will be invited again, and the old link stops working', 'will be invited again'),
    Group.TO_MAIL: ('gets a mail', 'get a mail each'),
    Group.TO_GIVE: ('is given access', 'are given access'),
    Group.TO_REVOKE: ('loses access', 'lose access'),
    Group.TO_EXPORT: ('is in the file', 'are in the file'),
    Group.TO_DELETE: ('without access is deleted', 'without access are deleted'),
    Group.TO_DELETE_WITH_ACCESS: ('with access is deleted and locked out', 'with access are deleted and locked out'),
    Group.TO_REMIND: ('is reminded', 'are reminded'),
    Group.REVOKED: ('had their access revoked', 'had their access revoked'),
    Group.HAD_ACCESS: ('has access already', 'have access already'),
    Group.JOINED_ALREADY: ('has joined already', 'have joined already'),
    Group.INVITE_EXPIRED: ('has an invitation that ended: is invited again', 'have one that ended: are invited again'),
    Group.NOT_INVITED: ('was never invited: is invited now', 'were never invited: are invited now'),
    Group.NO_ACCESS: ('has no access', 'have no access'),
    Group.NO_ADDRESS: ('has no address', 'have no address'),
}
_SHARED = {
    BulkKind.INVITE: ('shares an address', 'share an address; each gets a mail of its own'),
    BulkKind.LOGIN_EMAIL: ('shares an address', 'share an address; they get one mail together'),
}
_INCLUDE = {
    Group.SHARE_ADDRESS: 'Include those who share an address',
    Group.REVOKED: 'Include those whose access was revoked: they get it back',
}


def group_words(kind: BulkKind, group: Group, number: int) -> str:
    """What happens to those in the group, after their number."""
    one, many = _SHARED[kind] if group is Group.SHARE_ADDRESS else _WORDS[group]
    return one if number == 1 else many


def gain_words(number: int, gains: int) -> str:
    """How many of so many who are invited get access by it; nothing when all have it."""
    if not gains:
        return ''
    if gains == number:
        return 'Has no access yet: is given it' if number == 1 else 'All of these have no access yet: they are given it'
    return f'Of these, {gains:,} {"has no access yet: is" if gains == 1 else "have no access yet: they are"} given it'


class Groups(html.div):
    def __init__(
        self, actor: StaffActor, selection: Selection, dry: DryRun, on_untick: Callable[[], None] | None = None
    ) -> None:
        """`on_untick` is called when a group is left out, or not any more."""
        use_job_styles()
        super().__init__()
        self.classes('fy-groups')
        self._included: dict[Group, nui.checkbox] = {}
        with self:
            for group, number in dry.groups.items():
                line = GroupLine(actor, selection, dry.kind, group, number, dry.gains.get(group, 0))
                if group in CAN_BE_LEFT_OUT:
                    with line.head:
                        box = nui.checkbox('Include', value=group not in LEFT_OUT_UNLESS_ASKED, on_change=on_untick)
                    box.props['aria-label'] = _INCLUDE[group]
                    self._included[group] = box

    @property
    def without(self) -> tuple[Group, ...]:
        """Groups that could be served and are left out, those included that had nobody in them when it was counted."""
        ticked = {group for group, box in self._included.items() if box.value}
        return tuple(
            group for group in CAN_BE_LEFT_OUT
            if group not in ticked and (group in self._included or group in LEFT_OUT_UNLESS_ASKED)
        )  # fmt: skip


class GroupLine(html.div):
    def __init__(
        self, actor: StaffActor, selection: Selection, kind: BulkKind, group: Group, number: int, gains: int = 0
    ) -> None:
        """One group, folded. `gains`: how many of them are given access by it."""
        super().__init__()
        self.classes(f'fy-group {"quiet" if group in LEFT_ALONE else ""}')
        self._actor, self._selection, self._kind, self._group, self._number = actor, selection, kind, group, number
        self._after: tuple[str, int] = ('', 0)
        self._listed = 0
        with self:
            with html.div().classes('fy-group-head') as self.head:
                self._unfold = button('', on_click=self._toggle)
                self._unfold.classes(remove='fy-square')
                with self._unfold:
                    plain_text('span', f'{number:,}').classes('n')
                    plain_text('span', group_words(kind, group, number)).classes('words')
                    nui.icon(icon('chevron-down')).classes('fold').props('aria-hidden=true')
            if gains:
                plain_text('p', gain_words(number, gains)).classes('fy-group-note')
            self._who = html.div().classes('fy-group-who')
            with self._who:
                self._list = html.ul()
                self._more = button('Show more', small=True, kind='link', on_click=self._read)
                self._fault = plain_text('p', '').classes('fy-muted').props('role=status')
        self._who.set_visibility(False)
        self._unfold.props.update({'aria-expanded': 'false', 'aria-controls': self._who.html_id})

    async def _toggle(self) -> None:
        opens = not self._who.visible
        if opens and not self._listed:
            await self._read()
        self._who.set_visibility(opens)
        self._unfold.props['aria-expanded'] = 'true' if opens else 'false'

    async def _read(self) -> None:
        self._fault.set_text('')
        try:
            members = await group_members(
                deps(), self._actor, self._kind, self._selection, self._group, after=self._after, limit=STEP
            )
        except DomainError as error:
            self._say(say(error))
            return
        except TimeoutError:
            self._say(TOO_MUCH)
            return
        if self.is_deleted:
            return
        with self._list:
            for member in members:
                _show(member)
        self._listed += len(members)
        if members:
            self._after = members[-1].cursor
        goes_on = len(members) == STEP and self._listed < self._number
        self._more.set_visibility(goes_on and self._listed < MOST)
        if goes_on and self._listed >= MOST:
            with self._list, html.li():
                plain_text('span', f'and {several(self._number - self._listed, "other")}').classes('fy-muted')

    def _say(self, words: str) -> None:
        """Why nobody more is listed. The button asks again."""
        if not self.is_deleted:
            self._fault.set_text(words)


def _show(member: GroupMember) -> None:
    with html.li():
        face(member.name, member.kind, 's')
        with html.span().classes('who'):
            plain_text('span', member.name)
            plain_text('span', member.email)
