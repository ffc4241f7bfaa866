"""Which contacts somebody looks at: what the address of the list, a saved view and the report's address carry."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import UTC, date, datetime, time

from domain.contacts.new_contact import Kind
from domain.mail.states import EmailStatus
from domain.texts import fold, search_pattern, search_words, writable
from storage.contact_sql import MAIL_TROUBLE, ContactConditions

STATUSES = ('joined', 'invited', 'invite_expired', 'not_invited', 'no_access', 'revoked')
YES, NO = 'yes', 'no'
TROUBLE, NO_ADDRESS = 'trouble', 'no_address'
MAILS = (TROUBLE, *(one.value for one in EmailStatus), NO_ADDRESS)
LONGEST_SEARCH = 200
LONGEST_ORGANISATION = 200
_FIRST_DAY, _LAST_DAY = date(1970, 1, 1), date(9999, 12, 30)
_ALLOWED = {
    'status': STATUSES,
    'access': (YES, NO),
    'joined': (YES, NO),
    'two_factor': (YES, NO),
    'password': (YES, NO),
    'mail': MAILS,
    'kind': tuple(one.value for one in Kind),
    'shared': (YES, NO),
}
_LONGEST = {'search': LONGEST_SEARCH, 'organisation': LONGEST_ORGANISATION}
_DAYS = ('signed_in_after', 'signed_in_before')


@dataclass(frozen=True)
class ContactFilter:
    """What must hold of a contact; what is empty asks for nothing.

    `search`: every word must occur in name, organisation or address; a word of one or two letters at the beginning of
    a word. `mail`: one of MAILS; `trouble` is refused or failed. `organisation`: the name, case and accents aside.
    `signed_in_after` is the first day of the last sign-in that fits, `signed_in_before` the first one that does not
    (both in UTC). `shared`: whether another contact has the same address.
    """

    search: str = ''
    status: str = ''
    access: str = ''
    joined: str = ''
    two_factor: str = ''
    password: str = ''
    mail: str = ''
    kind: str = ''
    organisation: str = ''
    signed_in_after: date | None = None
    signed_in_before: date | None = None
    shared: str = ''
    faults: tuple[str, ...] = field(default=(), compare=False)  # names in an address whose value was none

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> 'ContactFilter':
        """What the parameters of an address ask for. A wrong value is left out and named in `faults`."""
        read: dict[str, str | date | None] = {}
        faults: list[str] = []
        for name in NAMES:
            text = query.get(name, '').strip()
            value = _value(name, text)
            if value is None and text:
                faults.append(name)
            elif value is not None:
                read[name] = value
        return cls(**read, faults=tuple(faults))  # type: ignore[arg-type]

    def to_query(self) -> dict[str, str]:
        """What `from_query` reads back; nothing for what is empty."""
        listed = {name: getattr(self, name) for name in NAMES}
        return {
            name: value.isoformat() if isinstance(value, date) else value for name, value in listed.items() if value
        }

    @property
    def is_empty(self) -> bool:
        """Whether it fits every contact."""
        return self.conditions() == ContactConditions()

    def conditions(self) -> ContactConditions:
        """The same for storage."""
        return ContactConditions(
            words=tuple(search_pattern(word) for word in search_words(self.search)),
            status=self.status,
            access=_asked(self.access),
            joined=_asked(self.joined),
            two_factor=_asked(self.two_factor),
            password=_asked(self.password),
            mail=MAIL_TROUBLE if self.mail == TROUBLE else (self.mail,) if self.mail else (),
            kind=self.kind,
            organisation=fold(self.organisation)[:LONGEST_ORGANISATION],
            signed_in_from=_midnight(self.signed_in_after),
            signed_in_until=_midnight(self.signed_in_before),
            shared=_asked(self.shared),
        )


NAMES = tuple(one.name for one in fields(ContactFilter) if one.name != 'faults')
NEVER_SIGNED_IN = ContactFilter(access=YES, joined=NO)


def _value(name: str, text: str) -> str | date | None:
    """What a parameter says; None for nothing and for what it cannot say."""
    if name in _DAYS:
        return _day(text)
    if name in _LONGEST:
        return writable(text)[: _LONGEST[name]].strip() or None
    return text if text in _ALLOWED[name] else None


def _day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if _FIRST_DAY <= day <= _LAST_DAY else None


def _asked(answer: str) -> bool | None:
    return None if not answer else answer == YES


def _midnight(day: date | None) -> datetime | None:
    return datetime.combine(day, time(), UTC) if day else None
