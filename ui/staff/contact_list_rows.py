"""What the list of contacts shows of each: its columns, its rows, and in what order they can stand."""

from collections.abc import Sequence
from datetime import datetime

from domain.actors import StaffActor
from domain.authorization import Permission, may
from domain.contacts.finding import ContactRow
from ui.components.live_table import Act, Badge, Cell, Column, Moment, Piece, Row, Text
from ui.components.menu_button import LINE, Entry, Item
from ui.staff.contact_list_view import PATH
from ui.staff.contact_words import method_words

_ORDERS = (  # what the rows can be sorted by, and what its two directions are called
    ('name', 'Name', 'A to Z', 'Z to A'),
    ('organisation', 'Organisation', 'A to Z', 'Z to A'),
    ('email', 'Email', 'A to Z', 'Z to A'),
    ('created', 'Added', 'oldest first', 'newest first'),
    ('invited', 'Invited', 'oldest first', 'newest first'),
    ('joined', 'Joined', 'oldest first', 'newest first'),
    ('last_sign_in', 'Last sign-in', 'oldest first', 'newest first'),
)
_MOMENTS = {'created': 'Added', 'invited': 'Invited', 'joined': 'Joined'}  # these have a column while sorted by
_WITHOUT_ACCESS = ('no_access', 'revoked')
_MAIL_TROUBLE = {'refused': 'Mail refused', 'failed': 'Mail not sent'}


def orders(sort: str) -> list[Entry]:
    """The orders to choose from, `sort` being the one in force."""
    entries: list[Entry] = []
    for key, label, up, down in _ORDERS:
        if key == 'created':
            entries.append(LINE)
        both = [
            Item(key, f'{label}, {up}', chosen=sort == key),
            Item(f'-{key}', f'{label}, {down}', chosen=sort == f'-{key}'),
        ]
        entries += both if up == 'A to Z' else both[::-1]
    return entries


def other_way(sort: str, column: str) -> str:
    """The order that a click on a column's head asks for: by name from A, by a moment from the newest, then turned."""
    first = column if column == 'name' else f'-{column}'
    turned = column if first != column else f'-{column}'
    return turned if sort == first else first


def columns(sort: str) -> list[Column]:
    """The columns of a list sorted like this: what it is sorted by can be seen."""
    by = sort.removeprefix('-')
    extra = [Column(_MOMENTS[by], '120px', on_phone=False, sort=by)] if by in _MOMENTS else []
    return [
        Column('Name', sort='name'),
        Column('Status', '140px', on_phone=False),
        *extra,
        Column('Last sign-in', '132px', on_phone=False, sort='last_sign_in'),
        Column('By', '108px', on_phone=False),
        Column('2FA', '64px', on_phone=False),
    ]


def rows(contacts: Sequence[ContactRow], sort: str, actor: StaffActor) -> list[Row]:
    """The rows under these columns."""
    return [_row(one, sort.removeprefix('-'), actor) for one in contacts]


def _row(contact: ContactRow, by: str, actor: StaffActor) -> Row:
    path = f'{PATH}/{contact.id}'
    extra = [Cell(((Moment(_moment(contact, by), look='muted'),),))] if by in _MOMENTS else []
    return Row(
        key=str(contact.id),
        name=contact.name,
        cells=(
            Cell(
                ((Text(contact.name, href=path),), (Badge(contact.status, phone='only'), *_about(contact, by))),
                face=(contact.name, contact.kind),
            ),
            Cell(((Badge(contact.status),),)),
            *extra,
            Cell(((Moment(contact.last_sign_in_at, look='muted'),),)),
            Cell(((Text(method_words(contact.last_sign_in_method), 'muted'),),)),
            Cell(((Text('On' if contact.two_factor else '', 'muted'),),)),
        ),
        menu=_acts(contact, path, actor),
    )


def _moment(contact: ContactRow, by: str) -> datetime | None:
    return {'created': contact.created_at, 'invited': contact.invited_at, 'joined': contact.joined_at}[by]


def _about(contact: ContactRow, by: str) -> list[Piece]:
    """The line under the name: first what it is sorted by."""
    said = [contact.email or 'No address yet', contact.organisation]
    said = [one for one in (said[::-1] if by == 'organisation' else said) if one]
    about: list[Piece] = [Text(' · '.join(said), phone='never')]
    if contact.shared:
        about.append(Text(' · shared address', phone='never'))
    if trouble := _MAIL_TROUBLE.get(contact.email_status, ''):
        about += [Text(' · ', phone='never'), Text(f' {trouble}', 'bad')]
    if contact.email:
        about.append(Text(f' {contact.email}', phone='only'))  # last: what does not fit is cut
    return about


def _acts(contact: ContactRow, path: str, actor: StaffActor) -> tuple[Act, ...]:
    acts = [Act('open', 'Open', 'arrow-right', href=path)]
    may_enter = bool(contact.email) and contact.status not in _WITHOUT_ACCESS
    gives = may(actor, Permission.GIVE_ACCESS)
    if contact.status != 'joined' and gives:
        acts.append(Act('invite', 'Invite to Client Portal', 'user-plus'))
    if may_enter and gives:
        acts.append(Act('login_email', 'Send Login Email', 'mail'))
    if may_enter and may(actor, Permission.MAKE_LINKS):
        acts.append(Act('magic_link', 'Generate Magic Link', 'link'))
    return tuple(acts)
