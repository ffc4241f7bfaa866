"""The clients of the demo firm: who they are, and who shares an address with whom."""

import unicodedata
from dataclasses import dataclass
from random import Random

from domain.demo import names

_SPELLED = str.maketrans({'ß': 'ss', 'ø': 'o', 'Ø': 'O', 'ł': 'l', 'Ł': 'L', 'ı': 'i', 'ð': 'd', 'æ': 'ae'})


@dataclass(frozen=True)
class Someone:
    """A contact as it will be written. `email` is empty for one without an address."""

    name: str
    kind: str
    organisation: str
    email: str


class Directory:
    """Makes up clients. Nothing repeats: neither the name of an organisation nor an address."""

    def __init__(self, dice: Random) -> None:
        self._dice = dice
        self._taken: set[str] = set()
        self._words, self._trades = names.FIRM_WORDS.split(), names.TRADES.split()
        self._people = [(given.split(), family.replace('De Luca', 'De_Luca').replace('Van Wyk', 'Van_Wyk').split())
                        for given, family in names.PEOPLE]  # fmt: skip

    def clients(self, number: int) -> list[tuple[Someone, ...]]:
        """So many contacts. Those in one tuple share an address, and so a login."""
        made: list[tuple[Someone, ...]] = []
        left = number
        while left > 0:
            some = self._some()[:left]
            made.append(some)
            left -= len(some)
        return made

    def _some(self) -> tuple[Someone, ...]:
        kind = self._dice.random()
        given, family = self._person()
        if kind < 0.30:
            return (Someone(f'{given} {family}', 'person', '', self._private(given, family)),)
        if kind < 0.52:
            firm, domain = self._firm()
            return (Someone(f'{given} {family}', 'person', firm, self._address(f'{given}.{family}', domain)),)
        if kind < 0.79:
            firm, domain = self._firm()
            return (Someone(firm, 'organisation', '', self._address(self._dice.choice(names.MAILBOXES), domain)),)
        if kind < 0.92:
            return self._owner(given, family)
        if kind < 0.96:
            address = self._private(family, 'family')
            both = dict.fromkeys((given, self._dice.choice(self._namesakes(given))))
            return tuple(Someone(f'{one} {family}', 'person', '', address) for one in both)
        return (Someone(f'{given} {family}', 'person', '', ''),)

    def _owner(self, given: str, family: str) -> tuple[Someone, ...]:
        """A person and the one or two firms that person runs from one mailbox."""
        firm, domain = self._firm()
        address = self._address(given, domain)
        clients = [Someone(f'{given} {family}', 'person', firm, address), Someone(firm, 'organisation', '', address)]
        if self._dice.random() < 0.2:
            clients.append(Someone(self._firm()[0], 'organisation', '', address))
        return tuple(clients)

    def _person(self) -> tuple[str, str]:
        given, family = self._dice.choice(self._people)
        return self._dice.choice(given), self._dice.choice(family).replace('_', ' ')

    def _namesakes(self, given: str) -> list[str]:
        """The given names of the same language."""
        return next(some for some, _ in self._people if given in some)

    def _firm(self) -> tuple[str, str]:
        """The name of a firm and its domain."""
        while True:
            trade = self._dice.choice(self._trades)
            if self._dice.random() < 0.3:
                name = f'{self._person()[1]} {trade}'
            else:
                second = self._dice.choice(self._words).lower() if self._dice.random() < 0.35 else ''
                name = f'{self._dice.choice(self._words)}{second} {trade}'
            domain = f'{spelled(name)}.example'
            if domain not in self._taken:
                self._taken.add(domain)
                return name + self._dice.choice(names.FORMS), domain

    def _private(self, given: str, family: str) -> str:
        return self._address(f'{given}.{family}', self._dice.choice(names.PRIVATE_DOMAINS))

    def _address(self, local: str, domain: str) -> str:
        plain = '.'.join(spelled(part) for part in local.split('.'))
        address, number = f'{plain}@{domain}', 1
        while address in self._taken:
            number += 1
            address = f'{plain}{number}@{domain}'
        self._taken.add(address)
        return address


def spelled(text: str) -> str:
    """`Jürgen Weiß` as it stands in an address: `jurgenweiss`."""
    bare = unicodedata.normalize('NFKD', text.translate(_SPELLED)).lower()
    return ''.join(letter for letter in bare if letter.isascii() and letter.isalnum())
