"""What the records of a sender's domain say: DKIM (RFC 6376, 8463, 8301) and DMARC (RFC 7489). SPF: sender_spf.py."""

import base64
import binascii
import re
from dataclasses import dataclass
from enum import StrEnum

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_der_public_key

from domain.resolver import Answer, Heard, Resolver

LEAST_KEY_BITS, ENOUGH_KEY_BITS = 1024, 2048
LEFT_OUT = '…'
POLICIES = ('none', 'quarantine', 'reject')


class Grade(StrEnum):
    """How a record is."""

    RIGHT = 'right'
    MISSING = 'missing'
    WRONG = 'wrong'
    UNKNOWN = 'unknown'


class SenderFault(StrEnum):
    """What is wrong with it, or could be better."""

    SEVERAL = 'several'
    MALFORMED = 'malformed'
    ANYBODY = 'anybody'  # may send
    OPEN_END = 'open_end'  # nothing is said of everybody else
    AFTER_END = 'after_end'  # something stands where it does not count
    TOO_MANY_LOOKUPS = 'too_many_lookups'
    DEAD_END = 'dead_end'  # it includes a name that has no such record
    WORKED_OUT = 'worked_out'  # for each mail by itself
    NOT_THIS_SERVER = 'not_this_server'
    NO_SELECTOR = 'no_selector'
    REVOKED = 'revoked'
    SHORT_KEY = 'short_key'
    NO_KEY = 'no_key'
    WEAK_KEY = 'weak_key'  # accepted still
    TESTING = 'testing'
    ONLY_WATCHES = 'only_watches'  # DMARC with p=none: right, and a step is left
    NO_ANSWER = 'no_answer'


@dataclass(frozen=True)
class Checked:
    """One of the three. `name` is where the record stands; `paste` what to have there, empty if nobody can say it."""

    grade: Grade
    name: str
    found: tuple[str, ...] = ()
    paste: str = ''
    fault: SenderFault | None = None
    about: str = ''

    @property
    def is_whole(self) -> bool:
        """Whether `paste` can be pasted as it is: a key is known to the mail server alone."""
        return LEFT_OUT not in self.paste


# ── DKIM ─────────────────────────────────────────────────────────────────────


async def check_dkim(resolver: Resolver, domain: str, selector: str) -> Checked:
    """Whether there is a key under this selector that mailbox providers accept."""
    paste = f'v=DKIM1; k=rsa; p={LEFT_OUT}'
    if not selector:
        return Checked(Grade.UNKNOWN, f'{LEFT_OUT}._domainkey.{domain}', fault=SenderFault.NO_SELECTOR)
    name = f'{selector}._domainkey.{domain}'
    answer = await resolver.first(name, 'TXT')
    if is_silence(answer):
        return Checked(Grade.UNKNOWN, name, fault=SenderFault.NO_ANSWER)
    if not answer.values:
        return Checked(Grade.MISSING, name, paste=paste)
    if len(answer.values) > 1:
        return Checked(Grade.WRONG, name, answer.values, paste, SenderFault.SEVERAL)
    record = answer.values[0]
    tags = _tags(record)
    if tags is None or 'p' not in tags or tags.get('v', 'DKIM1') != 'DKIM1':
        return Checked(Grade.WRONG, name, (record,), paste, SenderFault.MALFORMED)
    if not tags['p']:
        return Checked(Grade.WRONG, name, (record,), paste, SenderFault.REVOKED)
    bits = _key_bits(tags.get('k', 'rsa'), tags['p'])
    if bits == 0:
        return Checked(Grade.WRONG, name, (record,), paste, SenderFault.NO_KEY)
    if bits < LEAST_KEY_BITS:
        return Checked(Grade.WRONG, name, (record,), paste, SenderFault.SHORT_KEY, str(bits))
    if 'y' in tags.get('t', '').split(':'):
        without = '; '.join(f'{tag}={value}' for tag, value in tags.items() if tag != 't')
        return Checked(Grade.WRONG, name, (record,), without, SenderFault.TESTING)
    weak = SenderFault.WEAK_KEY if bits < ENOUGH_KEY_BITS else None
    return Checked(Grade.RIGHT, name, (record,), fault=weak, about=str(bits))


def _key_bits(kind: str, key: str) -> int:
    """How long the key is, Ed25519 counted as the RSA it is as good as; 0 if it is none."""
    try:
        raw = base64.b64decode(key, validate=True)
        if kind == 'ed25519':
            return ENOUGH_KEY_BITS if len(raw) == 32 else 0
        loaded = load_der_public_key(raw)
    except (binascii.Error, ValueError, UnsupportedAlgorithm):
        return 0
    return loaded.key_size if isinstance(loaded, RSAPublicKey) else 0


# ── DMARC ────────────────────────────────────────────────────────────────────


async def check_dmarc(resolver: Resolver, domain: str) -> Checked:
    """The policy for mail that says it is of this domain: its own, else that of the domain it is under."""
    labels = domain.split('.')
    for start in range(max(1, len(labels) - 1)):
        name = f'_dmarc.{".".join(labels[start:])}'
        answer = await resolver.first(name, 'TXT')
        if is_silence(answer):
            return Checked(Grade.UNKNOWN, name, fault=SenderFault.NO_ANSWER)
        records = tuple(one for one in answer.values if one.lower().startswith('v=dmarc1'))
        if records:
            return _judged(name, domain, records)
    return Checked(Grade.MISSING, f'_dmarc.{domain}', paste=_dmarc(domain))


def _judged(name: str, domain: str, records: tuple[str, ...]) -> Checked:
    tags = _tags(records[0]) or {}
    policy = tags.get('p', '').lower()
    if len(records) > 1:
        return Checked(Grade.WRONG, name, records, records[0], SenderFault.SEVERAL)
    if not records[0].startswith('v=DMARC1') or policy not in POLICIES:
        return Checked(Grade.WRONG, name, records, _dmarc(domain), SenderFault.MALFORMED)
    beneath = tags.get('sp', policy).lower()
    if name != f'_dmarc.{domain}' and beneath in POLICIES:
        policy = beneath
    return Checked(Grade.RIGHT, name, records, fault=SenderFault.ONLY_WATCHES if policy == 'none' else None)


def _dmarc(domain: str) -> str:
    return f'v=DMARC1; p=none; rua=mailto:postmaster@{domain}'


# ── Both ─────────────────────────────────────────────────────────────────────


def _tags(record: str) -> dict[str, str] | None:
    """`v=DKIM1; p=…` taken apart; None where a part is no tag, or a tag stands twice."""
    found: dict[str, str] = {}
    for part in filter(None, (one.strip() for one in record.split(';'))):
        tag, equals, value = part.partition('=')
        tag = tag.strip().lower()
        if not equals or tag in found or not re.fullmatch(r'[a-z][a-z0-9_]*', tag):
            return None
        found[tag] = re.sub(r'\s+', '', value) if tag == 'p' else value.strip()
    return found


def is_silence(answer: Answer) -> bool:
    """Whether nobody has said anything, so that nothing follows from it."""
    return answer.heard in (Heard.SILENT, Heard.REFUSED)
