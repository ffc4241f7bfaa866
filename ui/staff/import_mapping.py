"""How a file is read, on screen: its encoding and delimiter, and which column is what, each to be chosen otherwise."""

from collections.abc import Callable, Sequence

from nicegui import html

from domain.contacts.importing.columns import Columns, Field, name_parts, source_of
from domain.contacts.importing.layout import Layout
from domain.contacts.importing.uploads import Detected
from domain.contacts.new_contact import Kind
from ui.components.basics import card, notice, plain_text
from ui.components.live_table import use_styles
from ui.components.picks import Pick, Picks
from ui.staff.import_words import DELIMITERS, ENCODINGS, FIELDS, SOURCES

LONGEST_HEADER = 60
_KINDS = ((Kind.PERSON.value, 'Persons'), (Kind.ORGANISATION.value, 'Organisations'))
_NOT_IMPORTED = ('', 'Not imported')


class Mapped(html.div):
    def __init__(self, on_choose: Callable[[str, str], None]) -> None:
        """`on_choose` is called with `encoding`, `delimiter`, `new_kind` or a field, and what was chosen."""
        super().__init__()
        use_styles()
        with self, card('How the file is read') as sheet:
            self.note = html.div()
            self.reading = Picks(on_choose)
            with html.div().classes('fy-import-mapping'):
                plain_text('h3', 'Columns')
                self.columns = Picks(on_choose)
        self._sheet = sheet
        self.set_visibility(False)

    def show(self, detected: Detected) -> None:
        """As it is read now."""
        plan, layout = detected.plan, detected.layout
        self.set_visibility(True)
        self._say(detected)
        encodings = [(one.value, words) for one, words in ENCODINGS.items()]
        delimiters = [(one.value, words) for one, words in DELIMITERS.items()]
        self.reading.show(
            (
                Pick('encoding', 'Encoding', plan.encoding.value, encodings),
                Pick('delimiter', 'Delimiter', plan.delimiter.value, delimiters),
                Pick('new_kind', 'New contacts without a kind are', plan.new_kind.value, _KINDS),
            )
        )
        self.columns.show(
            [_pick(part, plan.columns, layout) for part in Field],
            [(str(place), _column_words(layout.headers, place)) for place in range(len(layout.headers))],
        )

    def _say(self, detected: Detected) -> None:
        self.note.clear()
        headers = detected.layout.headers
        with self.note:
            if words := SOURCES.get(source_of(headers)):
                notice('ok', f'It looks like an export of {words}.')
            for header in detected.layout.doubled:
                notice('warn', f'Two columns are called “{header}”, so neither is taken. Please choose one.')


def _pick(part: Field, columns: Columns, layout: Layout) -> Pick:
    places = columns.of(part)
    value = '+'.join(map(str, places))
    options = [_NOT_IMPORTED] if part is not Field.NAME else ([('', 'Please choose')] if not places else [])
    if part is Field.NAME:
        options += [(one, _joined(one, layout.headers)) for one in _whole_names(layout, value)]
    shown = ' '.join(sample for place in places if (sample := layout.samples[place]))
    return Pick(part.value, FIELDS[part], value, options, f'e.g. {shown}' if shown else '', shared=True)


def _whole_names(layout: Layout, chosen: str) -> list[str]:
    """Columns that make a name together: those that are known as such, and those that are chosen."""
    found = '+'.join(map(str, name_parts(layout.headers)))
    return [one for one in dict.fromkeys((found, chosen)) if '+' in one]


def _joined(places: str, headers: Sequence[str]) -> str:
    return ' + '.join(headers[int(place)] or f'Column {int(place) + 1}' for place in places.split('+'))


def _column_words(headers: Sequence[str], place: int) -> str:
    header = headers[place]
    if not header:
        return f'Column {place + 1}'
    if len(header) > LONGEST_HEADER:
        header = f'{header[:LONGEST_HEADER]}…'
    return f'{header} (column {place + 1})' if headers.count(headers[place]) > 1 else header
