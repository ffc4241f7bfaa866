"""What the preview of a security mode says, in plain words and true numbers."""

from itertools import permutations

from domain.access.security_mode import ModePreview
from ui.staff.security_words import FREE, LINK, TWO, Change, cells, consequence, effects, mail_label

NUMBERS = ModePreview(clients=9, enrolled=2, with_password=4, signed_in=3, must_set_up=0, moved_at_once=0, mails=4)
REQUIRED = ModePreview(clients=9, enrolled=1, with_password=4, signed_in=3, must_set_up=8, moved_at_once=2, mails=8)


def test_without_passwords_nobody_has_to_set_anything_up() -> None:
    """The figure keeps its meaning in every mode; how many have a password stands in the sentence."""
    change = Change(FREE, LINK, NUMBERS)
    assert cells(change)[2] == ('must-set-up', 'must set something up', 0)
    assert '4 clients have a password. It is kept, refused meanwhile' in consequence(change, later=False)


def test_who_must_set_up_two_factor_is_told_so() -> None:
    """R30: four figures, each with the words beneath it."""
    assert cells(Change(FREE, TWO, REQUIRED)) == (
        ('clients', 'clients affected', 9),
        ('enrolled', 'has two-factor', 1),
        ('must-set-up', 'must set up two-factor', 8),
        ('signed-in', 'signed in now', 3),
    )
    assert mail_label(Change(FREE, TWO, REQUIRED)) == 'Mail the 8 clients who must set up two-factor'


def test_nobody_enrols_in_words_that_people_read() -> None:
    """A word of the trade, that staff do not know."""
    for old, new in permutations((FREE, LINK, TWO), 2):
        change = Change(old, new, REQUIRED if new is TWO else NUMBERS)
        for later in (False, True):
            said = [*effects(change, later=later, mail=True), consequence(change, later=later), mail_label(change)]
            said += [words for _, words, _ in cells(change)]
            assert not [one for one in said if 'enrol' in one], (old, new)
