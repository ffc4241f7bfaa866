"""A large firm's contacts, made up and the same each time: names that are common and rare, people who share an address,
every state a contact can be in, imported in blocks over some years."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from random import Random
from typing import Any

from domain.demo import names
from domain.texts import fold, search_text

LOGIN = ('id', 'email', 'password_hash', 'password_set_at', 'totp_enrolled_at', 'totp_last_step', 'created_at',
         'last_sign_in_at', 'last_sign_in_method')  # fmt: skip
CONTACT = ('id', 'kind', 'name', 'name_key', 'organisation', 'organisation_key', 'search_text', 'external_id', 'email',
           'email_status', 'login_id', 'portal_access', 'access_granted_at', 'access_revoked_at', 'invited_at',
           'invited_by_id', 'invitation_expires_at', 'joined_at', 'created_at', 'updated_at')  # fmt: skip
SYLLABLES = [
    'ba',
    'be',
    'bo',
    'da',
    'de',
    'di',
    'ga',
    'go',
    'ha',
    'he',
    'ka',
    'ke',
    'ki',
    'la',
    'le',
    'li',
    'lo',
    'ma',
    'me',
    'mi',
    'mo',
    'na',
    'ne',
    'no',
    'pa',
    'pe',
    'ra',
    're',
    'ri',
    'ro',
    'sa',
    'se',
    'si',
    'so',
    'ta',
    'te',
    'ti',
    'to',
    'va',
    've',
    'vi',
    'wa',
    'we',
    'za',
]
MAILS = (('sent', 70), ('not_tried', 24), ('waiting', 3), ('refused', 2), ('captured', 1), ('failed', 0.02))
BLOCK = 5_000  # contacts that came in together


@dataclass(frozen=True)
class Rows:
    """Some logins and the contacts they serve, as values in the order of LOGIN and CONTACT."""

    logins: list[tuple[Any, ...]]
    contacts: list[tuple[Any, ...]]


class LargeFirm:
    def __init__(self, number: int, now: datetime | None = None) -> None:
        """So many contacts; times count from `now`, in UTC."""
        self.number = number
        self.now = now or datetime.now(UTC).replace(microsecond=0)
        self.dice = Random(4)
        self._given = [name for given, _ in names.PEOPLE for name in given.split()]
        known = [name for _, family in names.PEOPLE for name in family.split()]
        made = {''.join(self.dice.choices(SYLLABLES, k=self.dice.choice((2, 3, 3, 4)))).title() for _ in range(20_000)}
        self._family = [*known, *sorted(made)]
        self._weights = list(accumulate(1 / (rank + 3) for rank in range(len(self._family))))
        words, trades = names.FIRM_WORDS.split(), names.TRADES.split()
        self._firms = [
            f'{self.dice.choice(words)} {self._surname()} {self.dice.choice(trades)} {form}'
            for form in ('GmbH', 'AG', 'Ltd', 'KG') for _ in range(max(4, number // 60))
        ]  # fmt: skip
        self._mails = list(accumulate(weight for _, weight in MAILS))

    def rows(self) -> Iterator[Rows]:
        """All of them, BLOCK at a time."""
        login = 0
        for first in range(1, self.number + 1, BLOCK):
            made = Rows([], [])
            block_of_firms = self.dice.random() < 0.3
            for one in range(first, min(first + BLOCK, self.number + 1)):
                shares = bool(made.logins) and self.dice.random() < 0.03
                if not shares and self.dice.random() >= 0.04:
                    login += 1
                    has_login = True
                else:
                    has_login = shares
                self._one(made, one, login, shares, has_login, block_of_firms)
            yield made

    def _one(self, made: Rows, one: int, login: int, shares: bool, has_login: bool, firms: bool) -> None:
        dice = self.dice
        kind = 'organisation' if dice.random() < (0.95 if firms else 0.1) else 'person'
        name = dice.choice(self._firms) if kind == 'organisation' else f'{dice.choice(self._given)} {self._surname()}'
        organisation = dice.choice(self._firms) if kind == 'person' and dice.random() < 0.4 else ''
        created = self.now - timedelta(days=1_800 * (1 - one / self.number), seconds=dice.randrange(3_600))
        access = dice.random()
        joined = access > 0.15 and has_login and dice.random() < 0.1 + 0.7 * (1 - one / self.number)
        invited = access > 0.15 and has_login and (joined or dice.random() < 0.5)
        at = created + timedelta(days=dice.random() * 5)
        signed_in = min(self.now, at + timedelta(days=dice.random() * 900)) if joined else None
        if shares:
            email = made.logins[-1][1]
        else:
            host = dice.choice(('example.org', 'mail.example', 'firm.example'))
            email = f'{fold(name).replace(" ", ".")[:60]}.{login}@{host}'
        if has_login and not shares:
            made.logins.append((
                login, email, 'x' if joined and dice.random() < 0.5 else None, None,
                at if joined and dice.random() < 0.1 else None, 0, created, signed_in, 'magic_link' if joined else '',
            ))  # fmt: skip
        made.contacts.append((
            one, kind, name, fold(name)[:200], organisation, fold(organisation)[:200],
            search_text(name, organisation, email if has_login else ''), None, email if has_login else None,
            dice.choices(MAILS, cum_weights=self._mails)[0][0] if invited else 'not_tried',
            login if has_login else None,
            access > 0.15, created if access > 0.13 else None, created if 0.13 < access <= 0.15 else None,
            at if invited else None, 1 if invited else None,
            None if joined or not invited else self.now + timedelta(days=dice.random() * 60 - 53),
            at if joined else None, created, created,
        ))  # fmt: skip

    def _surname(self) -> str:
        return self.dice.choices(self._family, cum_weights=self._weights)[0]
