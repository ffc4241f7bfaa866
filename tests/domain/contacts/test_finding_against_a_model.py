"""Whatever is asked of a firm in every state: the list shows what plain Python says, each contact once.

Hypothesis makes up filters, orders and sizes of a page. How the rows are found, walked to or gathered, is forced both
ways, because a small firm would only ever see one of them.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.actors import StaffActor
from domain.contacts.contact_filter import MAILS, STATUSES, ContactFilter
from domain.contacts.finding import SORTS, ContactPage, count_contacts, find_contacts
from domain.dependencies import Dependencies
from domain.texts import fold, search_pattern, search_text, search_words
from storage import contact_list, contact_means
from storage.models import Contact, Login
from storage.queries import status_of
from tests.factories import given_owner
from tests.support.clock import START

NAMES = ('Ann', 'ann', 'Änn Lee', 'Bob-Ann', 'Bo', 'Łukasz Żak', '山田', "O'Neil", '\u0301', 'Z%_\\')
FIRMS = ('', '', 'Bau & Co', 'bau & co', 'Ännex AG')
ADDRESSES = (None, *(f'{name}@{place}.example' for name in 'abcdefg' for place in ('x', 'bau')))
WORDS = ('ann', 'a', 'an', 'ANN lee', 'bo', 'x.ex', '@x', '%', '_', "o'n", '山', 'ba co', 'nobody', 'e', 'bau b@x')
DAYS = tuple(START.date() + timedelta(days=days) for days in (-2, -1, 0, 1))
MOMENTS = (None, *(START + timedelta(days=days, hours=hours) for days in (-2, 0, 1) for hours in (-9, 0, 5)))
EMAIL_STATUSES = ('not_tried', 'waiting', 'captured', 'sent', 'refused', 'failed', 'odd')
PARTS: dict[str, tuple[Any, ...]] = {
    'search': WORDS,
    'status': STATUSES,
    'mail': MAILS,
    'kind': ('person', 'organisation'),
    'organisation': ('BAU & CO', 'nobody'),
    'signed_in_after': DAYS,
    'signed_in_before': DAYS,
    **dict.fromkeys(('access', 'joined', 'two_factor', 'password', 'shared'), ('yes', 'no')),
}


@dataclass(frozen=True)
class Asked:
    """What somebody looks for and how, and how much it takes until the other way is taken."""

    fits: ContactFilter
    sort: str = 'name'
    limit: int = 50
    few: int = 3_000
    stretch: int = 5_000


ASKED = st.builds(
    Asked,
    st.lists(st.sampled_from(sorted(PARTS)), max_size=3, unique=True)
    .flatmap(lambda names: st.fixed_dictionaries({name: st.sampled_from(PARTS[name]) for name in names}))
    .map(lambda parts: ContactFilter(**parts)),
    st.sampled_from(SORTS),
    st.integers(1, 30),
    st.sampled_from((0, 5, 3_000)),
    st.sampled_from((1, 7, 5_000)),
)
SHARES_THE_FIRM = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


@SHARES_THE_FIRM
@given(asked=ASKED)
async def test_the_list_shows_what_fits_and_each_once(deps: Dependencies, asked: Asked) -> None:
    """Several filters, orders, pages on and back, and totals."""
    await _compare(deps, await _firm(deps), asked)


@pytest.mark.parametrize('few', [0, 3_000])
async def test_each_filter_by_itself(deps: Dependencies, few: int) -> None:
    """Every value that an address can have."""
    rows = await _firm(deps)
    asked = [{}, *({name: value} for name, values in PARTS.items() for value in values)]
    for number, parts in enumerate(asked):
        await _compare(deps, rows, Asked(ContactFilter(**parts), SORTS[number % len(SORTS)], 17, few))


@pytest.mark.parametrize('sort', ['-email', 'joined', 'last_sign_in'])
async def test_a_filter_tells_where_keys_are_missing(deps: Dependencies, sort: str) -> None:
    """Nobody who has not joined has a day of joining; who has joined may still have never signed in since."""
    rows = await _firm(deps)
    for name in ('joined', 'status', 'mail'):
        for value in PARTS[name]:
            await _compare(deps, rows, Asked(ContactFilter(**{name: value}), sort, 30, few=0))


@dataclass(frozen=True)
class Known:
    """A contact, its login, and how many others have its address."""

    contact: Contact
    login: Login | None
    others: int

    @property
    def signed_in(self) -> datetime | None:
        return self.login.last_sign_in_at if self.login and self.contact.joined_at else None

    @property
    def mail(self) -> str:
        return self.contact.email_status if self.contact.email else 'no_address'


async def _compare(deps: Dependencies, rows: Sequence[Known], asked: Asked) -> None:
    owner = await given_owner(deps)
    with (
        patch.object(contact_means, 'FEW', asked.few),
        patch.object(contact_list, 'STRETCH', asked.stretch),
        patch.object(contact_list, 'WAY', asked.stretch * 2),
    ):
        await _compare_pages(deps, owner, rows, asked)


async def _compare_pages(deps: Dependencies, owner: StaffActor, rows: Sequence[Known], asked: Asked) -> None:
    now = deps.clock.now()
    fitting = [row for row in rows if _fits(row, asked.fits, now)]
    expected = [row.contact.id for row in _sorted(fitting, asked.sort)]

    async def read(**where: str) -> ContactPage:
        return await find_contacts(deps, owner, asked.fits, sort=asked.sort, limit=asked.limit, **where)  # type: ignore[arg-type]

    pages = [await read()]
    while pages[-1].next:
        pages.append(await read(after=pages[-1].next))
        assert len(pages) <= len(rows), 'goes round in circles'
    assert [row.id for page in pages for row in page.rows] == expected
    assert all(len(page.rows) == asked.limit for page in pages[:-1])
    back = [pages[-1]]
    while back[-1].previous:
        back.append(await read(before=back[-1].previous))
        assert len(back) <= len(pages), 'goes round in circles'
    assert [page.rows for page in reversed(back)] == [page.rows for page in pages]
    of_any_status = [row for row in rows if _fits(row, asked.fits, now, status='')]
    totals = await count_contacts(deps, owner, asked.fits)
    assert totals.total == len(expected)
    counted = [status_of(row.contact, now) for row in of_any_status]
    assert totals.by_status == {status: counted.count(status) for status in STATUSES}


def _fits(row: Known, fits: ContactFilter, now: datetime, status: str | None = None) -> bool:
    """What each part of a filter means."""
    contact, login = row.contact, row.login
    text = search_text(contact.name, contact.organisation, contact.email or '')
    wanted_status = fits.status if status is None else status
    answers = (
        (fits.access, contact.portal_access),
        (fits.joined, contact.joined_at is not None),
        (fits.two_factor, login is not None and login.totp_enrolled_at is not None),
        (fits.password, login is not None and login.password_hash is not None),
        (fits.shared, row.others > 0),
    )
    return (
        all(search_pattern(word) in text for word in search_words(fits.search))
        and wanted_status in ('', status_of(contact, now))
        and all(not wanted or (wanted == 'yes') == so for wanted, so in answers)
        and (not fits.mail or row.mail in (('refused', 'failed') if fits.mail == 'trouble' else (fits.mail,)))
        and fits.kind in ('', contact.kind)
        and (not fits.organisation or fold(fits.organisation) == fold(contact.organisation))
        and _within(row.signed_in, fits.signed_in_after, fits.signed_in_before)
    )


def _within(moment: datetime | None, first: date | None, end: date | None) -> bool:
    if not first and not end:
        return True
    return moment is not None and (
        (not first or moment >= datetime.combine(first, time(), UTC))
        and (not end or moment < datetime.combine(end, time(), UTC))
    )


KEYS: dict[str, Callable[[Known], Any]] = {
    'name': lambda row: fold(row.contact.name),
    'email': lambda row: row.contact.email,
    'organisation': lambda row: fold(row.contact.organisation) or None,
    'created': lambda row: row.contact.created_at,
    'invited': lambda row: row.contact.invited_at,
    'joined': lambda row: row.contact.joined_at,
    'last_sign_in': lambda row: row.signed_in,
}


def _sorted(rows: Sequence[Known], sort: str) -> list[Known]:
    """By the key and the id; what has no key last, whatever the direction."""
    key, falls = KEYS[sort.lstrip('-')], sort.startswith('-')
    filled = sorted(
        (row for row in rows if key(row) is not None), key=lambda row: (key(row), row.contact.id), reverse=falls
    )
    blank = sorted((row for row in rows if key(row) is None), key=lambda row: row.contact.id, reverse=falls)
    return [*filled, *blank]


async def _firm(deps: Dependencies) -> list[Known]:
    """A firm of every kind of contact, the same each time; made once for each database."""
    if not await Contact.all().count():
        dice = Random(3)
        for address in filter(None, ADDRESSES):
            await Login.create(
                email=address,
                created_at=START,
                password_hash=dice.choice((None, '-')),
                totp_enrolled_at=dice.choice((None, START)),
                last_sign_in_at=dice.choice(MOMENTS),
            )
        for _ in range(60):
            await Contact.create(**await _someone(dice))
    logins = {login.id: login for login in await Login.all()}
    contacts = await Contact.all()
    bearers = Counter(contact.email for contact in contacts if contact.email)
    return [Known(one, logins.get(one.login_id or 0), bearers[one.email] - 1 if one.email else 0) for one in contacts]


async def _someone(dice: Random) -> dict[str, Any]:
    name, organisation, address = dice.choice(NAMES), dice.choice(FIRMS), dice.choice(ADDRESSES)
    login = await Login.get_or_none(email=address) if address else None
    return {
        'kind': dice.choice(('person', 'organisation')),
        'name': name,
        'name_key': fold(name),
        'organisation': organisation,
        'organisation_key': fold(organisation),
        'search_text': search_text(name, organisation, address or ''),
        'email': address,
        'email_status': dice.choice(EMAIL_STATUSES),
        'login_id': login.id if login else None,
        'portal_access': dice.random() < 0.7,
        'access_revoked_at': dice.choice((None, START)),
        'invited_at': dice.choice(MOMENTS),
        'invitation_expires_at': dice.choice(MOMENTS),
        'joined_at': dice.choice(MOMENTS) if dice.random() < 0.6 else None,
        'created_at': dice.choice(MOMENTS[1:]),
        'updated_at': START,
    }
