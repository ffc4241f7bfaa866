"""Telling clients by mail that the way they come in changes: whom it concerns, each once, in their words.

A hundred thousand mails take minutes to write, and no transaction may last so long. So the change itself writes one row
that says what is to be told, in its own transaction; the mails follow batch by batch, each batch in one transaction
with the mark of how far it came. A kill between two batches loses and doubles nothing, and of several instances one
writes each batch. Who has done meanwhile what it asks for is left out.

A change that is taken back, or overtaken by another, stops the mails that are not written yet, and cancels those that
wait to be sent.
"""

import asyncio
from datetime import datetime

from babel.dates import format_datetime

from domain.access.security_policy import SecurityMode
from domain.actors import StaffActor
from domain.dependencies import Dependencies
from domain.language import gettext as _
from domain.language import language_in_use, speaking
from domain.mail import messages, outbox
from domain.mail.letterhead import Letterhead, read_letterhead
from domain.mail.states import MailKind
from domain.texts import greeting_name
from domain.unit_of_work import Work, deed, unit_of_work
from storage import security_claims
from storage.models import SecurityNotice

AT_ONCE = 100  # mails in one transaction, which is then short enough that nobody waits for it


async def remember_to_write(
    work: Work, actor: StaffActor, old: SecurityMode, mode: SecurityMode, from_when: datetime | None
) -> None:
    """In the transaction of the change: whom it concerns is to be told."""
    await SecurityNotice.create(
        old_mode=old.value,
        mode=mode.value,
        from_when=from_when,
        until_login_id=await security_claims.newest_login_id(),
        made_by_id=actor.staff_id,
        made_by_name=actor.name,
        created_at=work.now,
    )


async def write_notices(deps: Dependencies) -> int:
    """Write every mail that is still to be written, and cancel what was stopped; how many mails were touched."""
    touched = 0
    while notice := await SecurityNotice.filter(finished_at=None).order_by('id').first():
        touched += await (_write_some(deps, notice) if notice.stopped_at is None else _cancel_all(deps, notice))
    return touched


@deed
async def _write_some(deps: Dependencies, notice: SecurityNotice) -> int:
    logins = await security_claims.concerned_logins(
        notice.old_mode, notice.mode, notice.after_login_id, notice.until_login_id, AT_ONCE
    )
    letterhead = await read_letterhead()
    mails = []
    for login in logins:
        reader = messages.Reader(login['name'], login['email'])
        with speaking(login['language']):
            message = _message(deps, notice, letterhead, greeting_name(login['name'], login['kind']), reader)
        mails.append(
            outbox.NewMail(
                kind=MailKind.SECURITY_NOTICE,
                to_address=login['email'],
                to_name=login['name'],
                message=message,
                contact_id=login['contact_id'],
                contact_name=login['name'],
                login_id=login['id'],
                made_by_id=notice.made_by_id,
                made_by_name=notice.made_by_name,
            )
        )
        await asyncio.sleep(0)  # pages are served between two mails
    is_last = len(logins) < AT_ONCE
    reached = notice.until_login_id if is_last else logins[-1]['id']
    async with unit_of_work(deps) as work:
        if not await security_claims.move_notice_on(
            notice.id, notice.after_login_id, reached, work.now if is_last else None
        ):
            return 0  # another instance wrote these, or they are stopped
        await outbox.enqueue_many(work, mails)
    return len(mails)


async def _cancel_all(deps: Dependencies, notice: SecurityNotice) -> int:
    """In batches too. One that is killed in the middle begins again, and finds what is left."""
    cancelled, last = 0, 0
    while ids := await security_claims.waiting_notices(notice.created_at, notice.stopped_at, last, AT_ONCE):
        cancelled += await _cancel(deps, ids)
        last = ids[-1]
    await SecurityNotice.filter(id=notice.id).update(finished_at=deps.clock.now())
    return cancelled


@deed
async def _cancel(deps: Dependencies, mail_ids: list[int]) -> int:
    async with unit_of_work(deps) as work:
        return await outbox.cancel_waiting(work, mail_ids)


# ── Words ────────────────────────────────────────────────────────────────────


def _message(
    deps: Dependencies, notice: SecurityNotice, letterhead: Letterhead, first_name: str, reader: messages.Reader
) -> messages.Message:
    old, mode = SecurityMode(notice.old_mode), SecurityMode(notice.mode)
    firm = letterhead.firm_name or _('the firm')
    if mode is SecurityMode.LINK_AND_PASSWORD_2FA:
        subject, lines = _second_factor(notice.from_when, firm)
    elif mode is SecurityMode.LINK_ONLY:
        subject, lines = _no_passwords(notice.from_when, firm)
    elif old is SecurityMode.LINK_ONLY:
        subject, lines = _passwords_again(notice.from_when, firm)
    else:
        subject, lines = _second_factor_free(notice.from_when, firm)
    return messages.notice(
        letterhead=letterhead,
        first_name=first_name,
        reader=reader,
        subject=subject,
        lines=lines,
        action=(_('Open the portal'), f'{deps.portal_url}/'),
        small=_('We never ask for a password or a code by mail.'),
        portal_url=deps.portal_url,
    )


def _day(at: datetime) -> str:
    return format_datetime(at, _('d MMMM y'), locale=language_in_use.get())


def _moment(at: datetime) -> str:
    return format_datetime(at, _("EEEE, d MMMM y 'at' HH:mm 'UTC'"), locale=language_in_use.get())


def _second_factor(at: datetime | None, firm: str) -> tuple[str, list[str]]:
    how = _(
        'All you need is an authenticator app on your phone. It shows a code of six digits that you type after signing '
        'in. Setting it up takes about two minutes.'
    )
    if at is None:
        return _('Signing in now takes a second step'), [
            _('From now on %s asks for a second step when you sign in, so that nobody else can do it for you.') % firm,
            how,
            _('The portal shows you how when you next open it.'),
        ]
    return _('Signing in takes a second step from %s') % _day(at), [
        _('From %(when)s %(firm)s asks for a second step when you sign in, so that nobody else can do it for you.')
        % {'when': _moment(at), 'firm': firm},
        how,
        _('You can set it up now: sign in, and choose Two-factor authentication under Profile.'),
    ]


def _no_passwords(at: datetime | None, firm: str) -> tuple[str, list[str]]:
    how = _('When you want to come in, type your email address and press the button in the mail that we send you.')
    kept = _('You need not do anything. Your password is kept in case it is used again.')
    if at is None:
        return _('You now sign in without a password'), [
            _('From now on %s lets you in by a link in a mail. Your password is no longer asked for.') % firm,
            how,
            kept,
        ]
    return _('You sign in without a password from %s') % _day(at), [
        _('From %(when)s %(firm)s lets you in by a link in a mail. Your password is no longer asked for.')
        % {'when': _moment(at), 'firm': firm},
        how,
        kept,
    ]


def _passwords_again(at: datetime | None, firm: str) -> tuple[str, list[str]]:
    both = _('A link in a mail still works too. If you have forgotten the password, you can choose a new one there.')
    if at is None:
        return _('Your password works again'), [
            _('From now on you can sign in to %s with your password again.') % firm,
            both,
        ]
    return _('Your password works again from %s') % _day(at), [
        _('From %(when)s you can sign in to %(firm)s with your password again.') % {'when': _moment(at), 'firm': firm},
        both,
    ]


def _second_factor_free(at: datetime | None, firm: str) -> tuple[str, list[str]]:
    stays = _(
        'For you nothing changes: your authenticator app goes on being asked for, and we recommend that. You can turn '
        'it off under Profile, Two-factor authentication.'
    )
    if at is None:
        return _('The second step is up to you now'), [
            _('%s no longer requires a second step when you sign in.') % firm,
            stays,
        ]
    return _('The second step is up to you from %s') % _day(at), [
        _('From %(when)s %(firm)s no longer requires a second step when you sign in.')
        % {'when': _moment(at), 'firm': firm},
        stays,
    ]
