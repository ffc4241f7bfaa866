"""Send Login Email: a mail with one button that signs the client in.

It holds no code: a code belongs to the browser that asked.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from domain.access.logins import login_for
from domain.access.one_time_tokens import Purpose, issue
from domain.access.rate_limits import check_staff_budget
from domain.actors import StaffActor
from domain.audit import AuditKind, record
from domain.authorization import Permission, authorise
from domain.dependencies import Dependencies
from domain.mail import messages, outbox
from domain.texts import greeting_name
from domain.unit_of_work import Work, deed, unit_of_work
from storage import claims
from storage.models import Contact, PortalSettings


class NotSent(StrEnum):
    """Why a contact got no login email."""

    NO_ADDRESS = 'no_address'
    NO_ACCESS = 'no_access'
    GONE = 'gone'


@dataclass(frozen=True)
class Refusal:
    """A contact that got none, and why."""

    contact_id: int
    name: str
    why: NotSent


@dataclass(frozen=True)
class LoginEmails:
    """What became of a request for login emails."""

    sent: tuple[str, ...]
    refused: tuple[Refusal, ...]
    captured: bool


@deed
async def send_login_emails(deps: Dependencies, actor: StaffActor, contact_ids: Sequence[int]) -> LoginEmails:
    """Mail a link to each of these contacts; those who cannot get one are named with the reason, the rest go.

    Contacts that share an address get one mail together: its link opens the door to all of them.
    Raises RateLimited, NotAllowed, SignedOut.
    """
    await authorise(deps, actor, Permission.GIVE_ACCESS)
    await check_staff_budget(deps, actor)
    by_address: dict[str, list[Contact]] = {}
    refused: list[Refusal] = []
    async with unit_of_work(deps) as work:
        settings = await PortalSettings.get(id=1)
        await _hold_logins(contact_ids)
        found = {contact.id: contact for contact in await Contact.filter(id__in=list(contact_ids))}
        for contact_id in dict.fromkeys(contact_ids):
            contact = found.get(contact_id)
            if contact is None:
                refused.append(Refusal(contact_id, '', NotSent.GONE))
            elif contact.email is None:
                refused.append(Refusal(contact_id, contact.name, NotSent.NO_ADDRESS))
            elif not contact.portal_access:
                refused.append(Refusal(contact_id, contact.name, NotSent.NO_ACCESS))
            else:
                by_address.setdefault(contact.email, []).append(contact)
        for email, contacts in by_address.items():
            await _send(work, actor, contacts, email, settings)
    sent = tuple(contact.name for contacts in by_address.values() for contact in contacts)
    return LoginEmails(sent, tuple(refused), deps.settings.captures_mail)


async def _hold_logins(contact_ids: Sequence[int]) -> None:
    """In the order of their ids, so that two requests for the same clients wait for each other and do not deadlock."""
    logins = await Contact.filter(id__in=list(contact_ids), login_id__not_isnull=True).values_list(
        'login_id', flat=True
    )
    for login_id in sorted({int(str(login_id)) for login_id in logins}):
        await claims.lock_login(login_id)


async def _send(
    work: Work, actor: StaffActor, contacts: Sequence[Contact], email: str, settings: PortalSettings
) -> None:
    addressee = next((contact for contact in contacts if contact.kind == 'person'), contacts[0])
    only = contacts[0] if len(contacts) == 1 else None
    login = await login_for(work, email)
    await claims.lock_login(login.id)
    lifetime = timedelta(minutes=settings.sign_in_link_minutes)
    issued = await issue(
        work,
        Purpose.SIGN_IN,
        lifetime,
        login_id=login.id,
        email=email,
        contact_id=only.id if only else None,
        made_by_id=actor.staff_id,
    )
    await outbox.enqueue(
        work,
        outbox.NewMail(
            kind='login_email',
            to_address=email,
            to_name=addressee.name,
            message=messages.login_email(
                firm_name=settings.firm_name,
                first_name=greeting_name(addressee.name, addressee.kind),
                staff_name=actor.name,
                link=f'{work.deps.settings.public_url}/sign-in/link/{issued.token}',
                link_lifetime=lifetime,
            ),
            contact_id=only.id if only else None,
            contact_name=', '.join(contact.name for contact in contacts)[:200],
            login_id=login.id,
            token_id=issued.id,
            made_by_id=actor.staff_id,
            made_by_name=actor.name,
        ),
    )
    for contact in contacts:
        await record(work, AuditKind.LOGIN_EMAIL_SENT, actor, contact=contact)
