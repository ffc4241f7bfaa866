"""Text that people type."""

import random
from importlib import import_module

import pytest

from domain.errors import TextFault, TextInvalid
from domain.texts import first_name, fold, greeting_name, one_line, paragraphs, search_text


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
    """A personal message of several lines; nothing of it is lost."""
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
    """Search without accents and case."""
    assert fold(text) == folded


@pytest.mark.parametrize(
    'name', ['Łukasz Żółć', 'Søren Đặng', 'GUÐRÚN ÞÓRA Ægir', 'Cœur Ħal', 'Yıldız Ŧor', 'Aŋo Weiß']
)
def test_contacts_of_before_are_searched_like_new_ones(name: str) -> None:
    """What the migration writes for rows that are there is what a contact that is made today gets."""
    migration = import_module('storage.migrations.0005_finding')
    row = {'name': name, 'organisation': 'Østergård & Søn', 'email': 'a@łódź.example'}
    assert migration.words_of(row) == search_text(row['name'], row['organisation'], row['email'])


@pytest.mark.parametrize(
    ('name', 'first'),
    [
        ('Clara Weiss', 'Clara'),
        ('Clara', 'Clara'),
        ('', ''),
        ('  Clara   Weiss ', 'Clara'),
        ('Dr. Anna Weber', 'Anna'),
        ('DR ANNA WEBER', 'Anna'),
        ('Prof. Dr. med. Anna Weber', 'Anna'),
        ('Dr.-Ing. Hans Weber', 'Hans'),
        ('Prof. Dr. h.c. Hans Weber', 'Hans'),
        ('Herr Hans Weber', 'Hans'),
        ('Frau Dr. Anna Weber', 'Anna'),
        ('Mr Tom Lee', 'Tom'),
        ('Mrs. Ann Lee', 'Ann'),
        ('Dame Judi Dench', 'Judi'),
        ('Mr Lee', 'Mr Lee'),
        ('Dr. Weber', 'Dr. Weber'),
        ('Dr.', 'Dr.'),
        ('Weber, Hans', 'Hans'),
        ('Weber,Hans', 'Hans'),
        ('WEBER, HANS', 'Hans'),
        ('Weber, Dr. Hans', 'Hans'),
        ('Weber, Hans, Dr.', 'Hans'),
        ('van der Berg, Anna Maria', 'Anna'),
        ('Weber, Herr', 'Weber, Herr'),
        ('Li, Ma', 'Li, Ma'),
        ('Weber, H.', 'Weber, H.'),
        ('Weber,', 'Weber'),
        ('Weber, Hans, Anna', 'Weber, Hans, Anna'),
        ('Ann Lee, PhD', 'Ann'),
        ('Ann Lee, MBA, M.Sc.', 'Ann'),
        ('Tom Lee, Jr.', 'Tom'),
        ('"Ann" Lee', 'Ann'),
        ('(Ann) Lee', 'Ann'),
        ('🙂 Ann Lee', 'Ann'),
        ('ANNA-MARIA WEBER', 'Anna-Maria'),
        ("D'ARCY LEE", "D'Arcy"),
        ('ANNA', 'Anna'),
        ('TJ Lee', 'TJ'),
        ('DUPONT Jean', 'DUPONT Jean'),
        ('J. R. Lee', 'J. R. Lee'),
        ('J.R. Lee', 'J.R. Lee'),
        ('J Lee', 'J Lee'),
        ('Th. Weber', 'Th. Weber'),
        ('van der Berg', 'van der Berg'),
        ('Van Morrison', 'Van'),
        ('Jean-Luc Petit', 'Jean-Luc'),
        ('Tomás Núñez', 'Tomás'),
        ('अनीता शर्मा', 'अनीता'),
        ('李明', '李明'),
        ('李 明', '李 明'),
        ('Anna & Hans Weber', 'Anna & Hans Weber'),
        ('Anna und Hans Weber', 'Anna und Hans Weber'),
        ('Familie Weber', 'Familie Weber'),
        ('The Good Company GmbH', 'The Good Company GmbH'),
        ('Good Company, Inc.', 'Good Company, Inc.'),
        ('3M Services', '3M Services'),
        ('...', '...'),
        (',', ','),
        ('ann@example.org', ''),
    ],
)
def test_the_word_to_greet_by(name: str, first: str) -> None:
    """Greets by name; by all of it where the first name cannot be told."""
    assert first_name(name) == first


@pytest.mark.parametrize(
    ('name', 'kind', 'greeting'),
    [
        ('Dr. Anna Weber', 'person', 'Anna'),
        ('Good Company', 'person', 'Good Company'),
        ('Good Company', 'organisation', 'Good Company'),
        ('The Good Company GmbH', 'organisation', 'The Good Company GmbH'),
        ('Weber, Hans', 'organisation', 'Weber, Hans'),
        ('office@weber.example', 'organisation', ''),
        ('anna@weber.example', 'person', ''),
        ('', 'person', ''),
    ],
)
def test_an_organisation_is_greeted_by_all_of_its_name(name: str, kind: str, greeting: str) -> None:
    assert greeting_name(name, kind) == greeting


def test_plain_text_is_treated_as_all_other() -> None:
    """What is ASCII takes a shorter way to the same end."""
    chance = random.Random(7)
    for _ in range(2_000):
        text = ''.join(chance.choice('aZ 9-\'"=~') for _ in range(chance.randint(1, 12)))
        assert one_line(text, 'name') == one_line(f'{text}\u00a0', 'name'), repr(text)
        assert fold(text) == fold(f'{text}é')[:-1], repr(text)
