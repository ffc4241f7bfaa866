"""What becomes of the rows of a file, in numbers, and what else comes of it."""

from domain.contacts.importing.preview import Counts
from ui.components.basics import figure, figures, notice
from ui.staff.contact_words import several


class ImportFigures:
    def __init__(self) -> None:
        """The four numbers that all rows fall into; `show` fills them."""
        with figures():
            self._new, self._changed, self._unchanged, self._refused = (
                figure(label, 0, f'import-{label.lower()}') for label in ('New', 'Changed', 'Unchanged', 'Refused')
            )

    def show(self, counts: Counts) -> None:
        """These numbers, in place."""
        self._new.show(counts.new, f'{counts.with_access:,} with portal access' if counts.new else '')
        self._changed.show(counts.changed)
        self._unchanged.show(counts.unchanged, f'{several(counts.repeated, "row")} repeated' if counts.repeated else '')
        self._refused.show(counts.refused, 'The others go in all the same' if counts.refused else '')


def consequences(counts: Counts, *, is_done: bool = False) -> None:
    """What a file does beside names and numbers: access, addresses, invitations. No mail in any case."""
    will = '' if is_done else 'will '
    if not counts.new and not counts.changed:
        notice('info', f'This file {"changed" if is_done else "would change"} nothing.')
    if counts.revoked:
        notice(
            'warn',
            f'{several(counts.revoked, "contact")} {will}{_lose(is_done)} portal access: sessions, links and open '
            'invitations end at once, and nobody is mailed.',
        )
    if counts.given:
        notice('info', f'{several(counts.given, "contact")} {will}{_get(is_done)} portal access. Nobody is mailed.')
    if counts.moved:
        words = f'{several(counts.moved, "address", "addresses")} {will}{"changed" if is_done else "change"}.'
        if counts.withdrawn:
            words += (
                f' {several(counts.withdrawn, "open invitation")} {will}{"ended" if is_done else "end"} with that; '
            )
            words += 'invite these contacts again afterwards.'
        notice('warn' if counts.withdrawn else 'info', words)


def _lose(is_done: bool) -> str:
    return 'lost' if is_done else 'lose'


def _get(is_done: bool) -> str:
    return 'got' if is_done else 'get'
