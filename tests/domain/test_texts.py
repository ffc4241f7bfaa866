"""Text that people type."""

import pytest

from domain.errors import TextFault, TextInvalid
from domain.texts import first_name, fold, one_line, paragraphs


@pytest.mark.parametrize(
    ('text', 'clean'),
    [
        ('a\r\nb\rc', 'a\nb\nc'),
        (' \n hi \n ', 'hi'),
        ('tab\tkept', 'tab\tkept'),
        ('\n\n', ''),
        ('x' * 2_000, 'x' * 2_000),
    ],
)
def test_paragraphs_keep_their_lines(text: str, clean: str) -> None:
    """Issue: a personal message of several lines; nothing of it is lost."""
    assert paragraphs(text, 'message') == clean


@pytest.mark.parametrize(
    ('text', 'fault'),
    [
        ('x' * 2_001, TextFault.TOO_LONG),
        ('a\x00', TextFault.CONTROL_CHARACTER),
        ('\x1b[0m', TextFault.CONTROL_CHARACTER),
        ('\ud800', TextFault.CONTROL_CHARACTER),
    ],
)
def test_what_cannot_be_a_message(text: str, fault: TextFault) -> None:
    """R51: a typed error that names the field."""
    with pytest.raises(TextInvalid) as refused:
        paragraphs(text, 'message')
    assert refused.value == TextInvalid('message', fault, 2_000 if fault is TextFault.TOO_LONG else 0)


def test_a_line_is_measured_after_tidying() -> None:
    """Two hundred letters are two hundred letters, however many blanks stand around them."""
    assert one_line(' ' * 500 + 'x' * 200, 'name') == 'x' * 200


@pytest.mark.parametrize(
    ('text', 'folded'),
    [('Tomás', 'tomas'), ('TOMÁS', 'tomas'), ('Groß', 'gross'), ('Ångström', 'angstrom'), ('İ', 'i'), ('ﬁ', 'fi')],
)
def test_folding(text: str, folded: str) -> None:
    """Issue: search without accents and case."""
    assert fold(text) == folded


@pytest.mark.parametrize(('name', 'first'), [('Clara Weiss', 'Clara'), ('Clara', 'Clara'), ('', '')])
def test_the_word_to_greet_by(name: str, first: str) -> None:
    """Issue: greets by name."""
    assert first_name(name) == first
