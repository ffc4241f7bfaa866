"""What a client is told first at home: what waits to be done, and what the firm is about to change."""

from dataclasses import dataclass
from datetime import datetime

from nicegui import html

from domain.access.passwords import look_at_own_password
from domain.access.security_policy import Policy, SecurityMode
from domain.access.totp import read_second_factor
from domain.actors import ClientActor
from domain.language import gettext as _
from domain.language import ngettext
from ui.components.basics import notice
from ui.components.when import When
from ui.dependencies import deps


@dataclass(frozen=True)
class Planned:
    """A change of how this client signs in that the firm has planned: the mode from then on, and since when, UTC."""

    mode: SecurityMode
    at: datetime


async def what_is_planned(actor: ClientActor, policy: Policy) -> Planned | None:
    """The planned change, if it is one for this client: who has a second factor already goes on as before, and so does
    who has no password. Raises SignedOut, SecondFactorNeeded."""
    if policy.next_mode is None or policy.next_from is None:
        return None
    if policy.next_mode is SecurityMode.LINK_AND_PASSWORD_2FA:
        concerns = not (await read_second_factor(deps(), actor)).is_on
    else:
        has_passwords = policy.next_mode is not SecurityMode.LINK_ONLY
        is_set = (await look_at_own_password(deps(), actor)).is_set
        concerns = is_set and has_passwords != policy.passwords_work
    return Planned(policy.next_mode, policy.next_from) if concerns else None


def planned_change(planned: Planned, firm_name: str) -> None:
    """What changes, when, and the way to set up now what will be needed."""
    second_factor = planned.mode is SecurityMode.LINK_AND_PASSWORD_2FA
    if second_factor:
        text = _('%s will ask for a second step when you sign in: a code from your phone.') % firm_name
    elif planned.mode is SecurityMode.LINK_ONLY:
        text = _('%s will let you in by a link in a mail. Your password will no longer be asked for.') % firm_name
    else:
        text = _('You will be able to sign in to %s with your password again.') % firm_name
    with notice('warn' if second_factor else 'info', text, icon='shield-check'):
        When(planned.at, 'datetime', prefix=_('From') + ' ').classes('fy-sm')
        if second_factor:
            with html.a().props('href=/profile/two-factor').classes('fy-sm fy-strong'):
                html.span(_('Set it up now'))


def codes_wait() -> None:
    """New recovery codes stand at their page for some minutes, and nobody has said that they are saved."""
    strip = notice('warn', _('Your recovery codes are not saved yet. They are shown for ten minutes only.'))
    with strip, html.a().props('href=/profile/two-factor').classes('fy-sm fy-strong'):
        html.span(_('See your recovery codes'))


def by_recovery_code(left: int) -> None:
    """A recovery code let this client in a moment ago, and so many are left."""
    text = ngettext('You used a recovery code: %d is left.', 'You used a recovery code: %d are left.', left) % left
    strip = notice('warn', f'{text} {_("Lost your phone? Set up the new one now.")}', live=True)
    with strip, html.a().props('href=/profile/two-factor').classes('fy-sm fy-strong'):
        html.span(_('Two-factor authentication'))
