"""One strict email address per field (R49): no list, no display name, no control characters, domains by IDNA."""

import re
import unicodedata
from functools import lru_cache

from email_validator import EmailNotValidError, validate_email

from domain.errors import AddressFault, AddressInvalid

LONGEST = 254
LONGEST_LOCAL_PART = 64
_PLAIN = re.compile(r'([A-Za-z0-9_+-]{1,64}(?:\.[A-Za-z0-9_+-]{1,64})*)@([A-Za-z0-9.-]{1,100})')
"""What most addresses look like: of these only the domain has to be looked at closely, and few domains have many."""


def normalise_address(text: str) -> str:
    """The address in the one form it is stored and compared in: trimmed, lower case, domain in readable Unicode.

    Raises AddressInvalid with what is wrong. RFC 5321 and 5322 by email-validator; the part before the @ is ASCII,
    because few mail servers take more.
    """
    plain = _PLAIN.fullmatch(text)
    if plain and len(plain[1]) <= 64 and (domain := _plain_domain(plain[2].lower())):
        return f'{plain[1].lower()}@{domain}'
    if any(unicodedata.category(letter) in ('Cc', 'Cf', 'Cs', 'Zl', 'Zp') for letter in text.strip(' \t')):
        raise AddressInvalid(AddressFault.CONTROL_CHARACTER)
    address = text.strip()
    if not address:
        raise AddressInvalid(AddressFault.EMPTY)
    if len(address) > LONGEST:
        raise AddressInvalid(AddressFault.TOO_LONG)
    several_at = address.count('@') > 1
    if ',' in address or ';' in address or (several_at and len(address.split()) > 1):
        raise AddressInvalid(AddressFault.SEVERAL)
    if '<' in address or '>' in address or '"' in address:
        raise AddressInvalid(AddressFault.DISPLAY_NAME)
    if several_at:
        raise AddressInvalid(AddressFault.SEVERAL_AT)
    local_part, at, domain = address.partition('@')
    if not at:
        raise AddressInvalid(AddressFault.NO_AT)
    if len(local_part) > LONGEST_LOCAL_PART:
        raise AddressInvalid(AddressFault.LOCAL_PART_TOO_LONG)
    if '.' not in domain.strip('.'):
        raise AddressInvalid(AddressFault.DOMAIN)
    _refuse_mixed_alphabets(domain)
    try:
        normal = _validated(address)
    except EmailNotValidError as error:
        raise AddressInvalid(AddressFault.LOCAL_PART if _is_domain(domain) else AddressFault.DOMAIN) from error
    _refuse_mixed_alphabets(normal.partition('@')[2])  # once more: the domain may have come as xn--…
    if len(normal) > LONGEST:
        raise AddressInvalid(AddressFault.TOO_LONG)
    return normal


@lru_cache(4_096)
def _plain_domain(domain: str) -> str:
    """The normal form of a domain in ASCII letters; empty where that takes a closer look."""
    if 'xn--' in domain or '.' not in domain.strip('.'):
        return ''
    try:
        return _validated(f'a@{domain}').partition('@')[2]
    except EmailNotValidError:
        return ''


def looks_like_address(text: str) -> bool:
    """Whether somebody who typed this meant an address rather than a name."""
    return '@' in text


def mask_address(address: str) -> str:
    """`clara@weiss.example` as `c•••@weiss.example`: enough to recognise one's own, too little to learn it."""
    local, _, domain = address.partition('@')
    return f'{local[:1]}•••@{domain}'


def _validated(address: str) -> str:
    """The normal form. Raises EmailNotValidError."""
    checked = validate_email(
        address,
        check_deliverability=False,
        allow_smtputf8=False,
        globally_deliverable=False,
        strict=True,
        test_environment=True,
    )
    return checked.normalized.lower()


def _is_domain(domain: str) -> bool:
    """Whether mail can go to this domain, as far as its form tells."""
    try:
        return bool(_validated(f'a@{domain}'))
    except EmailNotValidError:
        return False


def _refuse_mixed_alphabets(domain: str) -> None:
    if any(_mixes_alphabets(label) for label in domain.split('.')):
        raise AddressInvalid(AddressFault.MIXED_ALPHABETS)


def _mixes_alphabets(label: str) -> bool:
    """Whether a label mixes Latin with look-alike alphabets, as forged domains do (Unicode TR 39)."""
    alphabets = {
        alphabet
        for letter in label
        if letter.isalpha()
        for alphabet in ('LATIN', 'CYRILLIC', 'GREEK', 'ARMENIAN', 'CHEROKEE')
        if unicodedata.name(letter, '').startswith(alphabet)
    }
    return len(alphabets) > 1
