"""What staff read about the security mode: each in a sentence, what a change would do and what it did, in numbers."""

from dataclasses import dataclass

from domain.access.security_mode import ModeChange, ModePreview
from domain.access.security_policy import SecurityMode
from ui.staff.contact_words import several

FREE, LINK, TWO = SecurityMode.LINK_AND_PASSWORD, SecurityMode.LINK_ONLY, SecurityMode.LINK_AND_PASSWORD_2FA
TITLES = {FREE: 'Link and password', LINK: 'Link only', TWO: 'Link and password, with two-factor'}
SENTENCES = {
    FREE: 'A link in a mail, or a password for those who set one. Two-factor is up to the client.',
    LINK: 'No passwords. Existing ones are kept but refused.',
    TWO: 'Every client confirms with an authenticator app after signing in.',
}


@dataclass(frozen=True)
class Change:
    """A change that may come: from what is in force to what is chosen, in numbers."""

    old: SecurityMode
    new: SecurityMode
    numbers: ModePreview


def cells(change: Change) -> tuple[tuple[str, str, int], ...]:
    """The four numbers: a name for tests, the words beneath, the number."""
    now = change.numbers
    return (
        ('clients', 'clients affected' if now.clients != 1 else 'client affected', now.clients),
        ('enrolled', 'have two-factor' if now.enrolled != 1 else 'has two-factor', now.enrolled),
        ('must-set-up', 'must set up two-factor' if change.new is TWO else 'must set something up', now.must_set_up),
        ('signed-in', 'signed in now', now.signed_in),
    )


def consequence(change: Change, *, later: bool) -> str:
    """What it means for those inside, in a sentence or two."""
    now = change.numbers
    if change.new is TWO:
        return (
            f'{_inside(now, later=later)} Sessions then end after an hour without a visit, and after 24 hours in all.'
        )
    if change.new is LINK:
        kept = 'Nobody has a password yet.'
        if now.with_password:
            kept = (
                f'{_clients(now.with_password, "has", "have")} a password. It is kept, refused meanwhile, and works '
                'again when you change back.'
            )
        return f'{kept} Whoever is signed in stays in.'
    if change.old is LINK:
        again = f'{several(now.with_password, "password")} that {"was" if now.with_password == 1 else "were"} kept'
        return (
            f'{again} {"works" if now.with_password == 1 else "work"} again.'
            if now.with_password
            else ('Clients may set a password. Nobody has kept one.')
        )
    return f'{_clients(now.enrolled, "keeps", "keep")} two-factor until they turn it off. Nobody else is asked for it.'


def _inside(now: ModePreview, *, later: bool) -> str:
    if later:
        return 'From then on, whoever is signed in without two-factor is asked to set it up before they can go on.'
    if not now.moved_at_once:
        return 'Nobody is signed in without two-factor right now.'
    if now.moved_at_once == 1:
        return 'The one client who is signed in without two-factor will be asked to set it up before they can go on.'
    return (
        f'The {now.moved_at_once:,} clients who are signed in without two-factor will be asked to set it up before '
        'they can go on.'
    )


def _clients(number: int, one: str, many: str) -> str:
    return f'{several(number, "client")} {one if number == 1 else many}'


def mail_label(change: Change) -> str:
    """Beside the box that has a notice mailed."""
    number = change.numbers.mails
    if not number:
        return 'Nobody needs to be told by mail'
    whose = {
        TWO: ('must set up two-factor', 'must set up two-factor'),
        LINK: ('has a password', 'have a password'),
        FREE: ('has a password', 'have a password') if change.old is LINK else ('has two-factor', 'have two-factor'),
    }[change.new]
    return f'Mail the one client who {whose[0]}' if number == 1 else f'Mail the {number:,} clients who {whose[1]}'


def question(change: Change) -> str:
    """The title of the confirmation."""
    return {
        TWO: 'Require two-factor from every client?',
        LINK: 'Let clients in by link only?',
        FREE: 'Let clients in by link and password?',
    }[change.new]


def effects(change: Change, *, later: bool, mail: bool) -> list[str]:
    """What saving does, a line each."""
    now, lines = change.numbers, []
    if change.new is TWO:
        if now.moved_at_once and not later:
            lines.append(
                f'Moves {several(now.moved_at_once, "signed-in client")} to set-up at once, whatever page is open.'
            )
        lines.append(
            f'{_clients(now.must_set_up, "has", "have")} to set up two-factor before the portal opens to them.'
            if now.must_set_up
            else 'Nobody has to set anything up.'
        )
        lines.append('Sessions end after an hour without a visit, and after 24 hours in all.')
    elif change.new is LINK:
        lines.append(
            f'Refuses {several(now.with_password, "password")}, and cancels password resets that are under way.'
            if now.with_password
            else 'Takes the password off the sign-in page.'
        )
        lines.append(f'Leaves {several(now.signed_in, "signed-in client")} signed in.')
    else:
        lines.append(consequence(change, later=later))
    lines.append(f'Mails {several(now.mails, "client")}.' if mail and now.mails else 'Mails nobody.')
    return lines


def did(done: ModeChange) -> str:
    """What a change did, or will do."""
    mails = f' {several(done.mails, "mail")} {"is" if done.mails == 1 else "are"} being written.' if done.mails else ''
    if done.from_when is not None:
        return f'Planned: {TITLES[done.mode]}.{mails}'
    if done.mode is TWO and done.numbers.moved_at_once:
        was = 'was' if done.numbers.moved_at_once == 1 else 'were'
        moved = f' {several(done.numbers.moved_at_once, "signed-in client")} {was} moved to set-up.'
    else:
        moved = ''
    return f'In force: {TITLES[done.mode]}.{moved}{mails}'
