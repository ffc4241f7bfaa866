"""The tables of an import: the first rows as they would go in, what is refused, which addresses are shared."""

from collections import Counter
from collections.abc import Mapping, Sequence

from nicegui import html
from nicegui import ui as nui

from domain.contacts.importing.preview import PreviewRow, SharedAddress
from domain.contacts.importing.rows import Refusal, RowFault
from ui.components.basics import button, card, plain_text
from ui.components.live_table import Cell, Column, Row, Table, Text
from ui.staff.contact_words import named, several
from ui.staff.import_words import FATES, kind_of_fault, reason

MOST_REASONS = 12


def first_rows(rows: Sequence[PreviewRow]) -> None:
    """How the first rows would go in."""
    if not rows:
        return
    with html.section().classes('fy-card').props('aria-label="First rows"'):
        _header('First rows', 'As they would go in.')
        table = Table(
            'First rows',
            [Column('Name'), Column('Organisation', '22%', on_phone=False), Column('Access', '92px', on_phone=False),
             Column('External id', '112px', on_phone=False), Column('Becomes', '104px')],
        )  # fmt: skip
        table.show([_as_row(one) for one in rows])


def _as_row(one: PreviewRow) -> Row:
    return Row(
        key=str(one.line),
        name=one.name,
        cells=(
            Cell(((Text(one.name),), (Text(one.email or 'No address', 'muted'),)), face=(one.name, one.kind)),
            Cell(((Text(one.organisation, 'muted'),),)),
            Cell(((Text('Yes' if one.access else 'No', 'muted'),),)),
            Cell(((Text(one.external_id, 'muted'),),)),
            Cell(((Text(FATES[one.fate], 'muted'),),)),
        ),
    )


def refusals_card(
    refusals: Sequence[Refusal], reasons: Mapping[tuple[str, RowFault], int], rows: int, download: str
) -> Table:
    """What is wrong, by reason and row by row, and a way to have it all as a file. The table, to show other rows in."""
    with html.section().classes('fy-card').props('aria-label="Refused rows"'):
        with html.header():
            with html.div().classes('fy-grow'):
                html.h2('Refused rows')
                plain_text('p', f'{several(rows, "row")} of the file. Mend them, and import them again.').classes(
                    'fy-sm fy-muted'
                )
            button('Download refused rows', icon='download', small=True, on_click=lambda: nui.navigate.to(download))
        with html.ul().classes('fy-import-reasons'):
            for words, number in _in_words(reasons).most_common(MOST_REASONS):
                with html.li():
                    plain_text('b', f'{number:,}').classes('fy-num')
                    plain_text('span', words)
        table = Table(
            'Refused rows', [Column('Line', '84px'), Column('Column', '20%', on_phone=False), Column('Reason')]
        )
        show_refusals(table, refusals)
        if sum(reasons.values()) > len(refusals):
            plain_text('p', f'The first {len(refusals):,} are shown; the file has all of them.').classes(
                'fy-sm fy-muted fy-import-more'
            )
    return table


def _in_words(reasons: Mapping[tuple[str, RowFault], int]) -> Counter[str]:
    told: Counter[str] = Counter()
    for (column, fault), number in reasons.items():
        told[f'{kind_of_fault(fault)} ({column})' if column else kind_of_fault(fault)] += number
    return told


def show_refusals(table: Table, refusals: Sequence[Refusal]) -> None:
    """These, each in a row of its own."""
    table.show(
        [
            Row(
                key=f'{one.number}.{place}',
                name=f'Line {one.line}',
                cells=(
                    Cell(((Text(str(one.line)),),)),
                    Cell(((Text(_column(one), '' if one.column else 'muted'),),)),
                    Cell(((Text(_column(one), 'muted', phone='only'),), (Text(reason(one)),)), wraps=True),
                ),
            )
            for place, one in enumerate(refusals)
        ]
    )


def _column(refusal: Refusal) -> str:
    return refusal.column or 'The whole row'


def shared_card(shared: Sequence[SharedAddress], number: int) -> None:
    """The addresses that several contacts will bear."""
    with card(f'{several(number, "address", "addresses")} of several contacts'):
        plain_text(
            'p', 'Contacts with the same address share one login: whoever reads mail there can enter all of them.'
        ).classes('fy-muted')
        with html.ul().classes('fy-import-shared'):
            for one in shared:
                with html.li():
                    plain_text('span', one.email).classes('fy-strong')
                    plain_text('span', named(one.names, one.number - len(one.names))).classes('fy-muted')
        if number > len(shared):
            plain_text('p', f'The first {len(shared):,} are shown.').classes('fy-sm fy-muted')


def _header(title: str, sentence: str) -> None:
    with html.header(), html.div():
        plain_text('h2', title)
        plain_text('p', sentence).classes('fy-sm fy-muted')
