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
SYLLABLES = tuple(f'{first}{second}' for first in 'bdghklmnprstvw' for second in 'aeio')
MAILS = {'sent': 70, 'not_tried': 24, 'waiting': 3, 'refused': 2, 'captured': 1, 'failed': 0.02}
PROVIDERS = ('example.org', 'mail.example', 'firm.example')
FORMS = ('GmbH', 'AG', 'Ltd', 'KG')
BLOCK = 5_000  # contacts that came in together
YEARS = timedelta(days=1_800)  # from the first to the last of them


@dataclass(frozen=True)
class Rows:
    """Some logins and the contacts they serve, as values in the order of LOGIN and CONTACT."""

    logins: list[tuple[Any, ...]]
    contacts: list[tuple[Any, ...]]


@dataclass(frozen=True)
class Past:
    """What has become of a contact. Times are UTC."""

    access: bool
    revoked: bool
    created: datetime
    invited: datetime | None
    joined: datetime | None
    signed_in: datetime | None


class LargeFirm:
    def __init__(self, number: int) -> None:
        """So many contacts."""
        self.number = number
        self.now = datetime.now(UTC).replace(microsecond=0)
        self._dice = dice = Random(4)
        self._given = [name for given, _ in names.PEOPLE for name in given.split()]
        known = [name for _, family in names.PEOPLE for name in family.split()]
        made = {''.join(dice.choices(SYLLABLES, k=dice.choice((2, 3, 3, 4)))).title() for _ in range(20_000)}
        self._family = [*known, *sorted(made)]
        self._common = list(accumulate(1 / (rank + 3) for rank in range(len(self._family))))
        words, trades = names.FIRM_WORDS.split(), names.TRADES.split()
        self._firms = [
            f'{dice.choice(words)} {self._surname()} {dice.choice(trades)} {form}'
            for form in FORMS
            for _ in range(max(4, number // 60))
        ]
        self._mails, self._often = list(MAILS), list(accumulate(MAILS.values()))

    def rows(self) -> Iterator[Rows]:
        """All of them, BLOCK at a time. One in thirty shares the address of the one before, one in thirty has none."""
        dice, login = self._dice, 0
        for first in range(1, self.number + 1, BLOCK):
            made = Rows([], [])
            firms = 0.95 if dice.random() < 0.3 else 0.1  # some blocks are lists of organisations
            for one in range(first, min(first + BLOCK, self.number + 1)):
                chance = dice.random()
                shares = chance < 0.03 and bool(made.logins)
                bears = shares or chance < 0.965
                login += bears and not shares
                self._add(made, one, login if bears else None, shares, firms)
            yield made

    def _add(self, made: Rows, one: int, login: int | None, shares: bool, firms: float) -> None:
        dice = self._dice
        kind = 'organisation' if dice.random() < firms else 'person'
        name = dice.choice(self._firms) if kind == 'organisation' else f'{dice.choice(self._given)} {self._surname()}'
        organisation = dice.choice(self._firms) if kind == 'person' and dice.random() < 0.4 else ''
        past = self._past(one, login is not None)
        email = None
        if login is not None:
            email = made.logins[-1][1] if shares else self._address(name, login)
            if not shares:
                made.logins.append(self._login(login, email, past))
        status = dice.choices(self._mails, cum_weights=self._often)[0] if past.invited else 'not_tried'
        expires = self.now + timedelta(days=dice.random() * 60 - 53) if past.invited and not past.joined else None
        made.contacts.append((
            one, kind, name, fold(name)[:200], organisation, fold(organisation)[:200],
            search_text(name, organisation, email or ''), None, email, status, login, past.access,
            past.created if past.access or past.revoked else None, past.created if past.revoked else None,
            past.invited, 1 if past.invited else None, expires, past.joined, past.created, past.created,
        ))  # fmt: skip

    def _past(self, one: int, has_login: bool) -> Past:
        """Those who came early have joined, mostly; those who came late have not been asked."""
        dice = self._dice
        age = 1 - one / self.number
        created = self.now - YEARS * age - timedelta(seconds=dice.randrange(3_600))
        chance = dice.random()
        joined = chance > 0.15 and has_login and dice.random() < 0.1 + 0.7 * age
        invited = chance > 0.15 and has_login and (joined or dice.random() < 0.5)
        at = min(self.now, created + timedelta(days=dice.random() * 5))
        signed_in = min(self.now, at + timedelta(days=dice.random() * 900))
        return Past(
            chance > 0.15,
            0.13 < chance <= 0.15,
            created,
            at if invited else None,
            at if joined else None,
            signed_in if joined else None,
        )

    def _login(self, login: int, email: str, past: Past) -> tuple[Any, ...]:
        dice = self._dice
        password = 'x' if past.joined and dice.random() < 0.5 else None
        enrolled = past.joined if dice.random() < 0.1 else None
        return (
            login, email, password, None, enrolled, 0, past.created, past.signed_in,
            'magic_link' if past.joined else '',
        )  # fmt: skip

    def _address(self, name: str, login: int) -> str:
        return f'{fold(name).replace(" ", ".")[:60]}.{login}@{self._dice.choice(PROVIDERS)}'

    def _surname(self) -> str:
        return self._dice.choices(self._family, cum_weights=self._common)[0]
