"""The language that a firm writes its mails in: what it takes, and what it refuses, with name and line."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.mail.layout import lay_out, on_one_line_of
from domain.mail.own_words import FIELDS, fields_of, has_field, read_words
from domain.mail_errors import MergeFault, MergeFieldWrong

KIND = 'invitation'
SIGNS = '{}%#|()[].*\n aif+-"\''
LINK = 'https://portal.example.com/sign-in/link/abc'


def refused(source: str, kind: str = KIND, part: str = 'body') -> tuple[MergeFault, str, int]:
    with pytest.raises(MergeFieldWrong) as wrong:
        read_words(source, kind, part)
    assert wrong.value.field == part
    return wrong.value.fault, wrong.value.name, wrong.value.line


def text_of(source: str, **values: str) -> str:
    fields = {name.replace('.', '_'): name for name in FIELDS}
    return '\n\n'.join(
        block.text
        for block in lay_out(read_words(source, 'sign_in', 'body'), {fields[k]: v for k, v in values.items()})
    )


def test_the_fields_are_those_of_the_contract() -> None:
    listed = [
        'contact.name', 'contact.first_name', 'contact.email', 'contact.organisation', 'firm.name', 'staff.name',
        'portal.url', 'portal.magic_link', 'portal.code', 'link.expires_in', 'message',
    ]  # fmt: skip
    assert list(fields_of('sign_in', 'body')) == listed
    for kind in ('invitation', 'reminder', 'login_email', 'password_reset', 'notice'):
        assert list(fields_of(kind, 'body')) == [name for name in listed if name != 'portal.code']
        assert 'portal.magic_link' not in fields_of(kind, 'subject')


@pytest.mark.parametrize(
    ('source', 'fault', 'name', 'line'),
    [
        ('Hello\n{{ contact.nmae }}', MergeFault.UNKNOWN, 'contact.nmae', 2),
        ('{{ contact }}', MergeFault.UNKNOWN, 'contact', 1),
        ('{{ contact.name.upper }}', MergeFault.NOT_KNOWN, '{{ contact.name.upper }}', 1),
        ('{% if contact.nmae %}x{% endif %}', MergeFault.UNKNOWN, 'contact.nmae', 1),
        ('\n\n{{ portal.code }}', MergeFault.NOT_HERE, 'portal.code', 3),
        ('a\n{{ contact.name | upper }}', MergeFault.NOT_KNOWN, '{{ contact.name | upper }}', 2),
        ('{{ firm.name() }}', MergeFault.NOT_KNOWN, '{{ firm.name() }}', 1),
        ("{{ firm['name'] }}", MergeFault.NOT_KNOWN, "{{ firm['name'] }}", 1),
        ('{{ 7 * 7 }}', MergeFault.NOT_KNOWN, '{{ 7 * 7 }}', 1),
        ("{{ ''.__class__ }}", MergeFault.NOT_KNOWN, "{{ ''.__class__ }}", 1),
        ('{{ self.__init__ }}', MergeFault.UNKNOWN, 'self.__init__', 1),
        ('x\n{% for a in message %}{% endfor %}', MergeFault.NOT_KNOWN, '{% for a in message %}', 2),
        ('{% set a = 1 %}', MergeFault.NOT_KNOWN, '{% set a = 1 %}', 1),
        ('{% include "a" %}', MergeFault.NOT_KNOWN, '{% include "a" %}', 1),
        ('{% if not message %}x{% endif %}', MergeFault.NOT_KNOWN, '{% if not message %}', 1),
        ('Hello {{ contact.name', MergeFault.BROKEN, '{{ contact.name', 1),
        ('Hello {{ contact.name }\nand more', MergeFault.BROKEN, '{{ contact.name }', 1),
        ('Hello\ncontact.name }} and', MergeFault.BROKEN, '}}', 2),
        ('a\n{% if message %}\nb\nc', MergeFault.ENDLESS, '{% if message %}', 2),
        ('a\n{% if message %}\n{{ message }}\n\nb\nc\n', MergeFault.ENDLESS, '{% if message %}', 2),
        ('{% if message %}\n{% if staff.name %}a{% endif %}\nb', MergeFault.ENDLESS, '{% if message %}', 1),
        ('a\nb {% endif %}', MergeFault.BROKEN, '{% endif %}', 2),
        ('{% foo %}', MergeFault.BROKEN, '{% foo %}', 1),
        ('{{ }}', MergeFault.BROKEN, '{{ }}', 1),
        ('{# never closed', MergeFault.BROKEN, '{# never closed', 1),
        ('{% raw %}{{ contact.name }}{% endraw %}', MergeFault.BROKEN, '{{', 1),
        ('https://evil.example/?{{ portal.magic_link }}', MergeFault.GLUED, 'portal.magic_link', 1),
        ('{{ portal.magic_link }}.evil.example', MergeFault.GLUED, 'portal.magic_link', 1),
        ('a\nhttps://evil.example/?({{ portal.magic_link }})', MergeFault.GLUED, 'portal.magic_link', 2),
        (
            'https://evil.example/?{% if message %}{{ portal.magic_link }}{% endif %}',
            MergeFault.GLUED,
            'portal.magic_link',
            1,
        ),
        (
            '{% if message %}https://evil.example/?{% endif %}\t\n{{ portal.magic_link }} or\n'
            '{% if message %} {% else %}x{% endif %}{{ portal.magic_link }}',
            MergeFault.GLUED,
            'portal.magic_link',
            3,
        ),
        ('x/?{{ message }}{{ portal.magic_link }}', MergeFault.GLUED, 'portal.magic_link', 1),
        ('x/? {{- portal.magic_link }}', MergeFault.GLUED, 'portal.magic_link', 1),
        ('{{ portal.magic_link }}{% if message %}.evil.example{% endif %}', MergeFault.GLUED, 'portal.magic_link', 1),
        ('x **/?**{{ portal.magic_link }}', MergeFault.GLUED, 'portal.magic_link', 1),
    ],
)
def test_what_cannot_be_is_refused_with_name_and_line(source: str, fault: MergeFault, name: str, line: int) -> None:
    assert refused(source) == (fault, name, line)


@pytest.mark.parametrize(
    'source',
    [
        '{{ portal.magic_link }}',
        'Come: {{ portal.magic_link }}.',
        'in ({{ portal.magic_link }}).',
        'a\n{{ portal.magic_link }}\nb',
        '{{ portal.magic_link }}!',
        '**{{ portal.magic_link }}**',
        '{% if message %}\n{{ message }}\n{% endif %}\n{{ portal.magic_link }}',
        '{% if message %}Now {{ portal.magic_link }}{% else %}{{ portal.magic_link }}{% endif %} and',
    ],
)
def test_a_link_that_stands_apart_is_taken(source: str) -> None:
    assert has_field(read_words(source, KIND, 'body'), 'portal.magic_link')


def test_many_conditions_are_read_in_a_moment() -> None:
    """What may stand beside a link is not counted out for each way through them."""
    many = ''.join(f'{{% if message %}}{chr(200 + number)}{{% endif %}}' for number in range(350))
    assert refused(f'{many}{{{{ portal.magic_link }}}}')[0] is MergeFault.GLUED


def test_a_subject_holds_no_link_and_no_code() -> None:
    """R2: a subject is kept in plain text."""
    for name in ('portal.magic_link', 'portal.code'):
        assert refused(f'Hi {{{{ {name} }}}}', 'sign_in', 'subject') == (MergeFault.NOT_HERE, name, 1)


def test_conditions_within_conditions_end_somewhere() -> None:
    deep = '{% if message %}' * 3_000 + '{% endif %}' * 3_000
    assert refused(deep)[0] is MergeFault.NOT_KNOWN
    assert refused('{% if message %}' * 30 + '{% endif %}' * 30)[0] is MergeFault.NOT_KNOWN


def test_the_first_condition_that_holds() -> None:
    source = '{% if message %}a{% elif firm.name %}b{% else %}c{% endif %}'
    pieces = read_words(source, KIND, 'body')
    for values, said in (({'message': 'x'}, 'a'), ({'firm.name': 'x'}, 'b'), ({}, 'c')):
        assert on_one_line_of(pieces, values) == said
    assert not has_field(pieces, 'message')


def test_paragraphs_lines_and_blank_lines() -> None:
    assert text_of('One\ntwo\n\n\n\nthree') == 'One\ntwo\n\nthree'
    assert text_of('Dear {{ contact_name }},\n{{ contact_organisation }}\n\n{{ firm_name }}'.replace('_', '.'),
                   contact_name='Ann', firm_name='Holm') == 'Dear Ann,\n\nHolm'  # fmt: skip
    assert text_of('a\n{% if message %}\nb\n{% endif %}\nc', message='x').startswith('a\nb\nc')
    assert text_of('{% if message %}a{% endif %}\n\nb', message='x').startswith('a\n\nb')


def test_the_link_and_the_message_are_there_whether_or_not_they_were_thought_of() -> None:
    assert (
        text_of('Hello', portal_magic_link=LINK, message='Come in!\nSoon.')
        == f'Hello\n\n    Come in!\n    Soon.\n\n{LINK}'
    )
    blocks = lay_out(read_words('Use {{ portal.magic_link }} now', KIND, 'body'), {'portal.magic_link': LINK})
    assert [block.form for block in blocks] == ['paragraph', 'button']


def test_bold_and_addresses_are_looked_for_in_the_firms_words_alone() -> None:
    (block,) = lay_out(
        read_words('**Now** {{ contact.name }} https://holm.example/help.', KIND, 'body'),
        {'contact.name': '**x** https://evil.example'},
    )
    assert [(run.text, run.is_bold, run.link) for run in block.lines[0]] == [
        ('Now', True, ''), (' ', False, ''), ('**x** https://evil.example', False, ''), (' ', False, ''),
        ('https://holm.example/help', False, 'https://holm.example/help'), ('.', False, ''),
    ]  # fmt: skip


@pytest.mark.parametrize('source', ['a ** b', '2 ** 3\nnext', '**a** b ** c'])
def test_stars_without_a_partner_stay(source: str) -> None:
    assert text_of(source) == source.replace('**a**', 'a')


@given(st.lists(st.sampled_from([*SIGNS, '{{ ', ' }}', '{% if ', '{% endif %}', ' %}', 'message', 'x'])).map(''.join))
@settings(max_examples=300, deadline=None)
def test_whatever_is_typed_is_taken_or_refused_in_words(source: str) -> None:
    """Nothing else is ever raised, and the line is one of the text."""
    try:
        pieces = read_words(source, KIND, 'body')
    except MergeFieldWrong as wrong:
        assert 1 <= wrong.line <= source.count('\n') + 1
        assert wrong.name
    else:
        lay_out(pieces, {'message': 'x', 'portal.magic_link': LINK})
