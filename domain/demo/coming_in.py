"""What the clients of the demo firm come in for."""

from datetime import datetime
from typing import Any

from domain.portal.audience import AudienceKind
from domain.portal.home_items import ItemKind
from storage.demo_rows import insert_rows
from storage.models import HomeItem

ANNOUNCEMENTS = (
    (
        'We close between the years',
        'The office is closed **from 24 December to 2 January**. Payroll runs as always.\n\n'
        '- Papers that reach us by the 20th are done this year.\n- In an emergency, call the number below.',
    ),
    ('Receipts by phone', 'Take a picture, send it off, throw the paper away: the link *Receipts* below does it.'),
)
LINKS = (
    ('Invoices', 'What is due, and what was paid', 'receipt-text', 'https://books.northwind.example', 418),
    ('Receipts', 'Hand them in by phone', 'image', 'https://receipts.northwind.example', 236),
    ('Documents', 'Year-end, tax papers, contracts', 'folder-open', 'https://docs.northwind.example', 612),
    ('Book a call', 'Thirty minutes, when it suits you', 'calendar', 'https://calls.northwind.example', 57),
)


async def fill_the_home(since: datetime) -> None:
    """Announcements and links for everybody, there since then, inside the transaction that is open."""
    told = [_row(ItemKind.ANNOUNCEMENT, place, title, text) for place, (title, text) in enumerate(ANNOUNCEMENTS)]
    doors = [
        _row(ItemKind.LINK, place, title, text) | {'icon': icon, 'url': url, 'opened': opened}
        for place, (title, text, icon, url, opened) in enumerate(LINKS)
    ]
    await insert_rows(HomeItem, [one | {'created_at': since, 'updated_at': since} for one in told])
    await insert_rows(HomeItem, [one | {'created_at': since, 'updated_at': since} for one in doors])


def _row(kind: ItemKind, place: int, title: str, text: str) -> dict[str, Any]:
    return {
        'kind': kind.value, 'place': place, 'title': title, 'text': text, 'audience': AudienceKind.ALL.value,
        'made_by_id': 1,
    }  # fmt: skip
