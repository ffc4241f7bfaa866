"""Send Login Email: a mail with one button that signs the client in.

It holds no code: a code belongs to the browser that asked.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from domain.access.logins import held_contacts, held_logins_for
from domain.access.one_time_tokens import IssuedToken, Purpose, Wanted, issue_many
from domain.access.rate_limits import check_staff_budget
from domain.actors import StaffActor, SystemActor
from domain.audit import AuditKind, Whom, record_each
from domain.authorization import Permission, authorise
from domain.dependencies import Dependencies
from domain.mail import messages, outbox
from domain.mail.letterhead import read_letterhead
from domain.mail.merging import Merge
from domain.texts import greeting_name
from domain.unit_of_work import Work, deed, unit_of_work
from storage import shared_sql
from storage.home_rows import who_sees
from storage.models import Contact, PortalSettings

BREATH = 20  # mails are put into words in a row; then others are served


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
async def send_login_emails(
    deps: Dependencies, actor: StaffActor, contact_ids: Sequence[int], *, leads_to_id: int | None = None
) -> LoginEmails:
    """Mail a link to each of these contacts; those who cannot get one are named with the reason, the rest go.

    Contacts that share an address get one mail together: its link opens the door to all of them. `leads_to_id` is what
    of the portal's home it leads to; for those who do not see that, to the home itself. Raises RateLimited, NotAllowed,
    SignedOut.
    """
    await authorise(deps, actor, Permission.GIVE_ACCESS)
    await check_staff_budget(deps, actor)
    async with unit_of_work(deps) as work:
        contacts = await held_contacts(contact_ids)
        sent, refused = await mail_each(work, actor, list(dict.fromkeys(contact_ids)), contacts, leads_to_id)
    return LoginEmails(sent, refused, deps.captures_mail)


async def mail_each(
    work: Work,
    actor: StaffActor | SystemActor,
    asked: Sequence[int],
    contacts: Iterable[Contact],
    leads_to_id: int | None = None,
) -> tuple[tuple[str, ...], tuple[Refusal, ...]]:
    """Inside a unit of work that holds the contacts: mail those of the `asked` who can get one; who got one, by name,
    and who did not."""
    found = {contact.id: contact for contact in contacts}
    refused = [_refusal(one, found.get(one)) for one in asked]
    refusals = tuple(refusal for refusal in refused if refusal is not None)
    by_address: dict[str, list[Contact]] = {}
    for one, refusal in zip(asked, refused, strict=True):
        if refusal is None:
            by_address.setdefault(found[one].email or '', []).append(found[one])
    if by_address:
        await _send(work, actor, by_address, leads_to_id)
    return tuple(one.name for together in by_address.values() for one in together), refusals


def _refusal(contact_id: int, contact: Contact | None) -> Refusal | None:
    if contact is None:
        return Refusal(contact_id, '', NotSent.GONE)
    if contact.email is None:
        return Refusal(contact_id, contact.name, NotSent.NO_ADDRESS)
    return None if contact.portal_access else Refusal(contact_id, contact.name, NotSent.NO_ACCESS)


async def _send(
    work: Work,
    actor: StaffActor | SystemActor,
    by_address: Mapping[str, Sequence[Contact]],
    leads_to_id: int | None,
) -> None:
    settings = await PortalSettings.get(id=1)
    lifetime = timedelta(minutes=settings.sign_in_link_minutes)
    staff_id = actor.staff_id if isinstance(actor, StaffActor) else None
    login_ids = await held_logins_for(work, by_address)
    addressed = await _addressees(by_address, login_ids)
    everybody = [one.id for together in by_address.values() for one in together]
    see_it = await who_sees(leads_to_id, everybody) if leads_to_id is not None else set()
    wanted = []
    for email, together in by_address.items():
        seeing = [one for one in together if one.id in see_it]
        wanted.append(
            Wanted(
                login_id=login_ids[email],
                email=email,
                contact_id=_only(seeing or together),
                made_by_id=staff_id,
                leads_to_id=leads_to_id if seeing else None,
            )
        )
    issued = await issue_many(work, Purpose.SIGN_IN, lifetime, wanted)
    staff_name = actor.name if isinstance(actor, StaffActor) else ''
    letterhead = await read_letterhead()
    merge = Merge(messages.login_email, letterhead=letterhead, staff_name=staff_name, link_lifetime=lifetime)
    mails: list[outbox.NewMail] = []
    for (email, together), token in zip(by_address.items(), issued, strict=True):
        if mails and len(mails) % BREATH == 0:
            await asyncio.sleep(0)
        mails.append(_mail(work, actor, merge, addressed[email], together, login_ids[email], token))
    await outbox.enqueue_many(work, mails)
    said = [Whom(one.id, one.name, one.login_id) for together in by_address.values() for one in together]
    await record_each(work, AuditKind.LOGIN_EMAIL_SENT, actor, said)


async def _addressees(by_address: Mapping[str, Sequence[Contact]], login_ids: Mapping[str, int]) -> dict[str, Contact]:
    """By whose name each of these mails is addressed: of several, by that of whom the login belongs with."""
    several = {email: together for email, together in by_address.items() if len(together) > 1}
    ids = [one.id for together in several.values() for one in together]
    first = await shared_sql.contacts_among([login_ids[email] for email in several], ids) if several else {}
    return {
        email: next((one for one in together if one.id == first.get(login_ids[email])), together[0])
        for email, together in by_address.items()
    }


def _only(contacts: Sequence[Contact]) -> int | None:
    return contacts[0].id if len(contacts) == 1 else None


def _mail(
    work: Work,
    actor: StaffActor | SystemActor,
    merge: Merge,
    addressee: Contact,
    contacts: Sequence[Contact],
    login_id: int,
    issued: IssuedToken,
) -> outbox.NewMail:
    message = merge.to(
        first_name=greeting_name(addressee.name, addressee.kind),
        link=f'{work.deps.portal_url}/sign-in/link/{issued.token}',
        reader=messages.Reader.of(addressee),
        language=addressee.language,
    )
    return outbox.NewMail(
        kind='login_email',
        to_address=addressee.email or '',
        to_name=addressee.name,
        message=message,
        contact_id=_only(contacts),
        contact_name=', '.join(contact.name for contact in contacts)[:200],
        login_id=login_id,
        token_id=issued.id,
        made_by_id=actor.staff_id if isinstance(actor, StaffActor) else None,
        made_by_name=actor.name,
        made_by_address=actor.email if isinstance(actor, StaffActor) else '',
    )
