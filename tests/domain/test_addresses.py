"""One strict address per field (R49)."""

import random

import pytest

from domain.addresses import looks_like_address, mask_address, normalise_address
from domain.errors import AddressFault, AddressInvalid


@pytest.mark.parametrize(
    ('typed', 'stored'),
    [
        ('clara@weiss.example', 'clara@weiss.example'),
        ('  Clara.W+tag@WEISS.Example\t', 'clara.w+tag@weiss.example'),
        ("o'brien_=-x@x.example", "o'brien_=-x@x.example"),
        ('info@müller.example', 'info@müller.example'),
        ('info@MÜLLER.example', 'info@müller.example'),
        ('info@xn--mller-kva.example', 'info@müller.example'),
        ('info@испытание.example', 'info@испытание.example'),
        ('a@ｗｅｉｓｓ.example', 'a@weiss.example'),
        ('a@x.test', 'a@x.test'),
        (
            f'{"l" * 64}@{"d" * 60}.{"e" * 60}.{"f" * 54}.example',
            f'{"l" * 64}@{"d" * 60}.{"e" * 60}.{"f" * 54}.example',
        ),
    ],
)
def test_an_address_has_one_form(typed: str, stored: str) -> None:
    """R49: trimmed, lower case, the domain by IDNA in readable letters; normalising again changes nothing."""
    assert normalise_address(typed) == stored
    assert normalise_address(stored) == stored
    assert len(stored) <= 254


@pytest.mark.parametrize(
    ('typed', 'fault'),
    [
        ('', AddressFault.EMPTY),
        (' \t ', AddressFault.EMPTY),
        ('a@x.example,b@x.example', AddressFault.SEVERAL),
        ('a@x.example, b@x.example', AddressFault.SEVERAL),
        ('a@x.example;b@x.example', AddressFault.SEVERAL),
        ('a@x.example b@x.example', AddressFault.SEVERAL),
        ('a@b@x.example', AddressFault.SEVERAL_AT),
        ('two@@x.example', AddressFault.SEVERAL_AT),
        ('Clara <clara@x.example>', AddressFault.DISPLAY_NAME),
        ('"a b"@x.example', AddressFault.DISPLAY_NAME),
        ('a@x.example\r\nBcc: b@x.example', AddressFault.CONTROL_CHARACTER),
        ('a@x.example\n', AddressFault.CONTROL_CHARACTER),
        ('a\x00@x.example', AddressFault.CONTROL_CHARACTER),
        ('a\u200b@x.example', AddressFault.CONTROL_CHARACTER),
        ('\u202ea@x.example', AddressFault.CONTROL_CHARACTER),
        ('a\ud800@x.example', AddressFault.CONTROL_CHARACTER),
        ('clara', AddressFault.NO_AT),
        ('@x.example', AddressFault.LOCAL_PART),
        ('.a@x.example', AddressFault.LOCAL_PART),
        ('a..b@x.example', AddressFault.LOCAL_PART),
        ('a b@x.example', AddressFault.LOCAL_PART),
        ('jürgen@x.example', AddressFault.LOCAL_PART),
        (f'{"a" * 65}@x.example', AddressFault.LOCAL_PART_TOO_LONG),
        (f'{"ü" * 65}@x.example', AddressFault.LOCAL_PART_TOO_LONG),
        (f'{"a" * 300}@x.example', AddressFault.TOO_LONG),
        (f'a@{"ü" * 60}.{"ü" * 60}.{"ü" * 60}.{"ü" * 60}.example', AddressFault.DOMAIN),
        ('a@', AddressFault.DOMAIN),
        ('a@localhost', AddressFault.DOMAIN),
        ('a@.example', AddressFault.DOMAIN),
        ('a@x..example', AddressFault.DOMAIN),
        ('a@-x.example', AddressFault.DOMAIN),
        ('a@[127.0.0.1]', AddressFault.DOMAIN),
        ('a@x_y.example', AddressFault.DOMAIN),
        ('a@x.example:25', AddressFault.DOMAIN),
        ('a@раypal.example', AddressFault.MIXED_ALPHABETS),  # the first two letters are Cyrillic
        ('a@gοοgle.example', AddressFault.MIXED_ALPHABETS),  # Greek omicrons
        ('a@xn--ypal-43d9g.example', AddressFault.MIXED_ALPHABETS),  # the first one again, as a mail program shows it
    ],
)
def test_what_is_no_plain_address(typed: str, fault: AddressFault) -> None:
    """R49: each with what is wrong with it, so that the field can say it."""
    with pytest.raises(AddressInvalid) as refused:
        normalise_address(typed)
    assert refused.value.fault is fault


def test_a_masked_address_is_known_to_its_owner_only() -> None:
    """The landing page names the masked address."""
    assert mask_address('clara@weiss.example') == 'c•••@weiss.example'
    assert mask_address('c@weiss.example') == 'c•••@weiss.example', 'the length tells nothing'


def test_whether_a_name_or_an_address_was_meant() -> None:
    """Invite dialog: `Contact or email`."""
    assert looks_like_address('clara@')
    assert not looks_like_address('Clara Weiss')


def outcome(typed: str) -> str:
    """The address it becomes, or what is wrong with it."""
    try:
        return normalise_address(typed)
    except AddressInvalid as error:
        return error.fault.name


def test_plain_addresses_are_judged_as_all_others() -> None:
    """R49: what most addresses look like is looked at more quickly, and by the same rules: a blank in front of one has
    it looked at closely."""
    chance = random.Random(49)
    for _ in range(3_000):
        local = ''.join(chance.choice('abZ0_+-..') for _ in range(chance.choice((1, 3, 8, 60, 64, 66))))
        domain = ''.join(chance.choice('abC9-..') for _ in range(chance.choice((2, 4, 8, 60, 64, 99))))
        typed = f'{local}@{domain}{chance.choice(("", ".com", ".example", ".c", ".1", ".localhost", "."))}'
        assert outcome(typed) == outcome(f' {typed}'), typed
    for typed in ('postmaster@x.example', 'A@X.TEST', 'a@1.2.3.4', 'a@xn--mller-kva.example', f'x@{"a" * 64}.com'):
        assert outcome(typed) == outcome(f' {typed}'), typed
