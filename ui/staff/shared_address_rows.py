"""What the list of shared addresses, and that of the contacts of one, show of each."""

from domain.contacts.shared_addresses import Bearer, SharedAddress
from ui.components.badge import status_words
from ui.components.live_table import Act, Badge, Cell, Column, Piece, Row, Text
from ui.staff.contact_words import several
from ui.staff.shared_address_words import why_words

COLUMNS = (
    Column('Address'),
    Column('Contacts', '34%', on_phone=False),
    Column('Login belongs with', '22%', on_phone=False),
    Column('Actions', '104px', on_phone=False, hidden_label=True),
)
BEARER_COLUMNS = (
    Column('Contact'),
    Column('Status', '132px', on_phone=False),
    Column('Actions', '96px', on_phone=False, hidden_label=True),
)
CHOOSE, EDIT, TAKE = 'choose', 'edit', 'take'


def address_row(shared: SharedAddress) -> Row:
    """An address, some of its contacts, and whom its login belongs with."""
    number = several(shared.number, 'contact')
    more = shared.number - len(shared.some)
    names = ', '.join(one.name for one in shared.some)
    contacts: list[tuple[Piece, ...]] = [
        (Text(one.name, href=f'/staff/contacts/{one.id}'), Text(f' · {status_words()[one.status]}', 'muted'))
        for one in shared.some
    ]
    if more > 0:
        contacts.append((Text(f'and {more:,} more', 'muted'),))
    with_whom, why = _belongs_with(shared)
    return Row(
        key=shared.email,
        name=shared.email,
        cells=(
            Cell(
                (
                    (Text(shared.email, 'strong'),),
                    (Text(number, 'muted', phone='never'), Text(f'{number}: {names}', 'muted', phone='only')),
                    (Text(f'Belongs with {with_whom.text if shared.belongs_with else "nobody"}, {why}', phone='only'),),
                )
            ),
            Cell(tuple(contacts)),
            Cell(((with_whom,), (Text(why, 'muted'),))),
            Cell(()),
        ),
        buttons=(Act('manage', 'Manage'),),
    )


def _belongs_with(shared: SharedAddress) -> tuple[Text, str]:
    found = shared.belongs_with
    if found is None:
        return Text('Nobody', 'muted'), 'none has access'
    return Text(found.name, href=f'/staff/contacts/{found.contact_id}'), why_words(found)


def bearer_row(one: Bearer, *, belongs: bool, is_chosen: bool, chooses: bool, edits: bool) -> Row:
    """A contact of an address. `belongs`: the login belongs with it; `is_chosen`: because staff chose it."""
    about = ' · '.join(filter(None, (one.organisation, 'Login belongs here' if belongs else '')))
    menu = (
        Act('open', 'Open', 'arrow-right', href=f'/staff/contacts/{one.id}'),
        *((
            Act(EDIT, 'Give another address', 'pencil'),
            Act(TAKE, 'Take the address away', 'mail-x', danger=True),
        ) if edits else ()),
    )  # fmt: skip
    return Row(
        key=str(one.id),
        name=one.name,
        cells=(
            Cell(
                (
                    (Text(one.name, href=f'/staff/contacts/{one.id}'),),
                    (Badge(one.status, phone='only'), Text(' ', phone='only'), Text(about)),
                ),
                face=(one.name, one.kind),
            ),
            Cell(((Badge(one.status),),)),
            Cell(()),
        ),
        buttons=(Act(CHOOSE, 'Choose'),) if chooses and one.has_access and not is_chosen else (),
        menu=menu,
    )
