"""What Foyer says where the firm has no words of its own, written in the language of domain/mail/own_words.py.

It is made of the templates themselves, with merge fields in the place of values, so it says the same in every language.
Where they say something else without a name or a code, there is a condition.
"""

from collections.abc import Iterator, Sequence
from copy import deepcopy
from difflib import SequenceMatcher
from typing import Any

from domain.mail.own_words import CODE, FIELDS, MAGIC_LINK, MESSAGE, Words
from domain.mail.rendering import plain_words
from domain.mail.states import MailKind

KINDS = (
    MailKind.INVITATION, MailKind.REMINDER, MailKind.LOGIN_EMAIL, MailKind.SIGN_IN, MailKind.PASSWORD_RESET,
    MailKind.NOTICE,
)  # fmt: skip
_SOMETIMES_EMPTY = ('contact.first_name', 'staff.name', CODE)

_Change = tuple[int, int, str, list[str]]  # from which line to which, without which field, and what stands there then


def starting_words(kind: str, language: str, code_lifetime: str) -> Words:
    """Foyer's words for this kind of mail, to begin with. `code_lifetime` is how long a code works, in words."""
    values = _values(kind, code_lifetime)
    subject, body = plain_words(kind, language, values)
    lines = body.splitlines()
    changes = [
        change
        for field in _SOMETIMES_EMPTY
        for change in _changes(field, lines, plain_words(kind, language, _without(values, field))[1].splitlines())
    ]
    text = '\n'.join(line.strip() for line in _with_conditions(lines, sorted(changes)))
    return Words(str(kind), subject, text, language)


def _values(kind: str, code_lifetime: str) -> dict[str, Any]:
    """Each merge field as the value of itself. What a kind never has is empty, as when such a mail is written."""
    values: dict[str, Any] = {'code': {'expires_in': code_lifetime}}
    for field in FIELDS:
        area, _, name = field.partition('.')
        if name:
            values.setdefault(area, {})[name] = _tag(field)
        else:
            values[field] = _tag(field)
    if kind != MailKind.SIGN_IN:
        values['portal']['code'] = ''
    values['portal']['reset_link'] = _tag(MAGIC_LINK)
    message = _tag(MESSAGE)
    values['notice'] = {'subject': message, 'lines': [message], 'label': '', 'link': '', 'small': ''}
    return values


def _tag(field: str) -> str:
    return f'{{{{ {field} }}}}'


def _without(values: dict[str, Any], field: str) -> dict[str, Any]:
    area, _, name = field.partition('.')
    changed = deepcopy(values)
    changed[area][name] = ''
    return changed


def _changes(field: str, lines: Sequence[str], without: Sequence[str]) -> Iterator[_Change]:
    for what, start, end, first, last in SequenceMatcher(None, lines, without, autojunk=False).get_opcodes():
        if what != 'equal':
            yield start, end, field, list(without[first:last])


def _with_conditions(lines: Sequence[str], changes: Sequence[_Change]) -> Iterator[str]:
    """The lines, with a condition around each stretch that stands there only with a field."""
    place = 0
    for start, end, field, instead in changes:
        yield from lines[place:start]
        place = end
        if end - start == 1 and len(instead) == 1:
            yield f'{{% if {field} %}}{lines[start]}{{% else %}}{instead[0]}{{% endif %}}'
            continue
        yield f'{{% if {field} %}}'
        yield from lines[start:end]
        if instead:
            yield '{% else %}'
            yield from instead
        yield '{% endif %}'
    yield from lines[place:]
