"""The mails about another address of a login: to the new one, which is asked, and to the old one, which is told."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.access.belonging import contact_to_address
from domain.access.one_time_tokens import Purpose, issue
from domain.actors import StaffActor
from domain.addresses import mask_address
from domain.language import gettext as _
from domain.language import speaking
from domain.mail import messages, outbox
from domain.mail.letterhead import read_letterhead
from domain.mail.rendering import Message
from domain.mail.states import MailKind
from domain.texts import greeting_name
from domain.unit_of_work import Work
from storage.models import Login

LIFETIME = timedelta(hours=24)


@dataclass(frozen=True)
class AddressAsked:
    """A mail asks the new address; nothing has changed yet."""

    email: str
    expires_at: datetime
    captured: bool


async def ask_the_new(work: Work, actor: StaffActor, login: Login, address: str) -> AddressAsked:
    """Mail the new address a link that makes it the login's; it works for 24 hours."""
    issued = await issue(
        work, Purpose.LOGIN_ADDRESS, LIFETIME, login_id=login.id, email=address, made_by_id=actor.staff_id
    )
    with speaking(await _language_of(login)):
        letterhead = await read_letterhead()
        name, first_name = await _whom_to_greet(login)
        await outbox.enqueue(
            work,
            outbox.NewMail(
                kind=MailKind.NEW_ADDRESS,
                to_address=address,
                to_name=name,
                message=messages.notice(
                    letterhead=letterhead,
                    first_name=first_name,
                    reader=messages.Reader(name, address),
                    portal_url=work.deps.portal_url,
                    subject=_('Confirm your new address'),
                    lines=(
                        _('This is to become the address you sign in to the client portal of %s with.')
                        % (letterhead.firm_name or _('the firm')),
                        _('It takes effect once you confirm it, and you will be signed out everywhere.')
                        + ' '
                        + _('A password and two-factor authentication stay as they are.'),
                    ),
                    action=(_('Confirm address'), f'{work.deps.portal_url}/login-address/{issued.token}'),
                    small=_('The link works once, for 24 hours. You did not expect this? Ignore this mail.'),
                ),
                login_id=login.id,
                token_id=issued.id,
                made_by_id=actor.staff_id,
                made_by_name=actor.name,
            ),
        )
    return AddressAsked(address, issued.expires_at, work.deps.captures_mail)


async def tell_the_old_when_asked(work: Work, login: Login, new: str) -> None:
    """Nobody's address changes behind their back: the one in use hears of it before anything happens."""
    with speaking(await _language_of(login)):
        firm = (await read_letterhead()).firm_name or _('the firm')
        lines = (
            _('%(firm)s was asked to change the address you sign in to the client portal with to %(address)s.')
            % {'firm': firm, 'address': mask_address(new)},
            _('Until the new address is confirmed, nothing changes.'),
            _('Was it not you? Please tell %s.') % firm,
        )
        await _tell(work, login, login.email, _('Your sign-in address is about to change'), lines)


async def tell_the_old_when_done(work: Work, login: Login, old: str, new: str) -> None:
    """The last mail to the address that was."""
    with speaking(await _language_of(login)):
        firm = (await read_letterhead()).firm_name or _('the firm')
        lines = (
            _('You now sign in to the client portal of %(firm)s with %(address)s.')
            % {'firm': firm, 'address': mask_address(new)},
            _('This address no longer opens it, and you were signed out everywhere.'),
            _('Was it not you? Please tell %s.') % firm,
        )
        await _tell(work, login, old, _('Your sign-in address has changed'), lines)


async def _tell(work: Work, login: Login, address: str, subject: str, lines: Sequence[str]) -> None:
    name, first_name = await _whom_to_greet(login)
    message: Message = messages.notice(
        letterhead=await read_letterhead(),
        first_name=first_name,
        reader=messages.Reader(name, address),
        subject=subject,
        lines=lines,
        portal_url=work.deps.portal_url,
    )
    await outbox.enqueue(
        work,
        outbox.NewMail(kind=MailKind.NOTICE, to_address=address, to_name=name, message=message, login_id=login.id),
    )


async def _whom_to_greet(login: Login) -> tuple[str, str]:
    person = await contact_to_address(login)
    return (person.name, greeting_name(person.name, person.kind)) if person else ('', '')


async def _language_of(login: Login) -> str:
    person = await contact_to_address(login)
    return person.language if person else ''
