"""What needs a look, each with its one remedy; nothing is shown while nothing does."""

from dataclasses import dataclass

from nicegui import html
from nicegui import ui as nui

from domain.activity.portal_counts import PortalCounts
from domain.actors import StaffActor
from domain.authorization import Permission, may
from ui.components.basics import button, card, plain_text
from ui.dependencies import deps
from ui.theme import icon


@dataclass(frozen=True)
class Look:
    """One row; `many` is said with the number for {n}."""

    one: str
    many: str
    text: str
    icon: str
    tone: str
    href: str
    named: str


EXPIRE_SOON = Look(
    'One invitation expires within two days',
    '{n} invitations expire within two days',
    'Not opened yet. Inviting again renews them.',
    'hourglass',
    'warn',
    '/staff/contacts?status=invited',
    'Show who is invited',
)
EXPIRED = Look(
    'One invitation has expired',
    '{n} invitations have expired',
    'Their links no longer work. Inviting again sends new ones.',
    'clock',
    'warn',
    '/staff/contacts?status=invite_expired',
    'Show whose invitation has expired',
)
REFUSED = Look(
    'Mail to one contact was refused',
    'Mail to {n} contacts was refused',
    'The Outbox has the words of the mail server.',
    'mail-x',
    'bad',
    '/staff/outbox?state=failed',
    'Show refused mail',
)
CAPTURED = Look(
    'One captured mail was never sent',
    '{n} captured mails were never sent',
    'They were written before a mail server was set up. They can be sent from the Outbox.',
    'inbox',
    'warn',
    '/staff/outbox?state=captured',
    'Show captured mail',
)


class NeedsALook:
    def __init__(self, actor: StaffActor) -> None:
        """Build the card; `show` says what applies."""
        looks = [EXPIRE_SOON, EXPIRED]
        if may(actor, Permission.SEE_OUTBOX):
            looks += [REFUSED, CAPTURED]
        with card('Needs a look', rows=True) as self.card:
            self._rows = {look: Row(look) for look in looks}

    def show(self, counts: PortalCounts) -> None:
        """The rows that apply, with their numbers."""
        numbers = {
            EXPIRE_SOON: counts.expire_soon,
            EXPIRED: counts.expired,
            REFUSED: counts.refused,
            CAPTURED: 0 if deps().captures_mail else counts.captured,
        }
        is_first = True
        for look, row in self._rows.items():
            row.show(numbers[look], is_first=is_first)
            is_first = is_first and not numbers[look]
        self.card.set_visibility(not is_first)


class Row:
    def __init__(self, look: Look) -> None:
        self._look = look
        with html.div().classes('fy-row').style('padding: var(--s3) var(--s5)') as self.row:
            with (
                html.span().classes(f'fy-dot {look.tone}').style('width: 32px; height: 32px').props('aria-hidden=true')
            ):
                nui.icon(icon(look.icon))
            with html.div().classes('fy-grow'):
                self._title = plain_text('div', '').classes('fy-strong')
                plain_text('div', look.text).classes('fy-sm fy-muted')
            remedy = button('Show', small=True)
            remedy.props.update({'href': look.href, 'aria-label': look.named})

    def show(self, number: int, *, is_first: bool) -> None:
        """Say how many; nothing is shown for none. The first row has no line above it."""
        self._title.set_text(self._look.one if number == 1 else self._look.many.format(n=f'{number:,}'))
        self.row.style('border-top-color: transparent' if is_first else 'border-top-color: var(--line)')
        self.row.set_visibility(number > 0)
