"""What the sender check says: every grade and every fault has its sentences, for each of the three."""

import pytest

from domain.portal.sender_records import Checked, Grade, SenderFault
from ui.staff.sender_words import DKIM, FAULTS, TITLES, in_words

NAME = 'firm.test'


@pytest.mark.parametrize('fault', SenderFault)
def test_every_fault_is_said(fault: SenderFault) -> None:
    said = in_words('SPF', Checked(Grade.WRONG, NAME, fault=fault, about='17'))
    assert said.endswith('.')
    assert fault in FAULTS or '17' in said


@pytest.mark.parametrize('title', TITLES)
def test_what_is_there_and_what_is_not(title: str) -> None:
    right, missing = (in_words(title, Checked(grade, NAME)) for grade in (Grade.RIGHT, Grade.MISSING))
    assert right != missing
    assert in_words(title, Checked(Grade.RIGHT, NAME, ('v=a', 'v=b'))).endswith('Now: v=a · v=b')


def test_what_stands_there_is_named_where_it_cannot_be_read() -> None:
    odd = Checked(Grade.WRONG, NAME, ('v=spf1 ipv4:x -all',), fault=SenderFault.MALFORMED, about='ipv4:x')
    assert in_words('SPF', odd).startswith('“ipv4:x” is nothing that SPF knows.')
    assert '“p=”' in in_words(DKIM, Checked(Grade.MISSING, NAME))
