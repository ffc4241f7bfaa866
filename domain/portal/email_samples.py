"""How a mail would look: the words that are being typed, with a real contact's data and a link that opens nothing."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from domain.access.password_resets import RESET_LIFETIME
from domain.access.rate_limits import check_staff_budget
from domain.access.sign_in_codes import CODE_LIFETIME
from domain.actors import StaffActor
from domain.authorization import Permission, authorise
from domain.dependencies import Dependencies
from domain.language import gettext as _
from domain.language import speaking
from domain.mail import messages, outbox
from domain.mail.letterhead import Letterhead, read_letterhead
from domain.mail.messages import Message, Reader
from domain.mail.own_words import Words
from domain.mail.states import MailKind
from domain.portal.email_texts import LANGUAGE, checked_words, default_words
from domain.portal.portal_settings import Portal, read_portal
from domain.texts import greeting_name
from domain.unit_of_work import deed, unit_of_work
from storage.models import Contact

CODE = '123456'
SOMEBODY = ('Clara Weiss', 'person', Reader('Clara Weiss', 'clara.weiss@example.com', 'Weiss AG'))


async def preview_email(
    deps: Dependencies,
    actor: StaffActor,
    kind: str,
    subject: str,
    body: str,
    *,
    contact_id: int | None = None,
    language: str = LANGUAGE,
) -> Message:
    """The mail as this contact would get it, or somebody made up. Words that are the default ones are shown as such.

    Raises TextInvalid or MergeFieldWrong for what is wrong with the words; NotAllowed, SignedOut.
    """
    await authorise(deps, actor, Permission.CHANGE_SETTINGS)
    words = checked_words(kind, subject, body, language)
    letterhead = await read_letterhead()
    own = () if words == default_words(kind, language) else (words,)
    return await _written(deps, actor, words, replace(letterhead, words=own), contact_id)


@deed
async def send_sample(
    deps: Dependencies,
    actor: StaffActor,
    kind: str,
    subject: str,
    body: str,
    *,
    contact_id: int | None = None,
    language: str = LANGUAGE,
) -> int:
    """Mail the same to the staff member who asks; the id of the mail. Raises RateLimited too."""
    message = await preview_email(deps, actor, kind, subject, body, contact_id=contact_id, language=language)
    await check_staff_budget(deps, actor)
    async with unit_of_work(deps) as work:
        return await outbox.enqueue(
            work,
            outbox.NewMail(
                kind=MailKind.TEST_MAIL,
                to_address=actor.email,
                to_name=actor.name,
                message=message,
                made_by_id=actor.staff_id,
                made_by_name=actor.name,
                made_by_address=actor.email,
            ),
        )


async def _written(
    deps: Dependencies, actor: StaffActor, words: Words, letterhead: Letterhead, contact_id: int | None
) -> Message:
    contact = await Contact.get_or_none(id=contact_id) if contact_id else None
    name, kind, reader = (contact.name, contact.kind, Reader.of(contact)) if contact else SOMEBODY
    portal = await read_portal()
    with speaking(words.language):
        writers = _writers(portal, letterhead, actor.name, deps.portal_url)
        return writers[words.kind](greeting_name(name, kind), reader, words.language)


def _writers(
    portal: Portal, letterhead: Letterhead, staff: str, url: str
) -> dict[str, Callable[[str, Reader, str], Message]]:
    """By kind: for a first name, a reader and a language."""
    days, minutes = timedelta(days=portal.invitation_days), timedelta(minutes=portal.sign_in_link_minutes)
    link, reset = f'{url}/sign-in/link/only-to-look-at', f'{url}/reset-password/only-to-look-at'
    personal = _('This is where a personal message stands, when somebody writes one.')
    lines = (_('This is where it says what has happened.'), _('If it was you, there is nothing to do.'))
    return {
        MailKind.INVITATION: lambda first, reader, language: messages.invitation(
            letterhead=letterhead, link=link, link_lifetime=days, first_name=first, reader=reader,
            staff_name=staff, message=personal, language=language,
        ),
        MailKind.REMINDER: lambda first, reader, language: messages.reminder(
            letterhead=letterhead, link=link, link_lifetime=timedelta(days=2), first_name=first, reader=reader,
            staff_name=staff, message=personal, language=language,
        ),
        MailKind.LOGIN_EMAIL: lambda first, reader, language: messages.login_email(
            letterhead=letterhead, link=link, link_lifetime=minutes, first_name=first, reader=reader,
            staff_name=staff, language=language,
        ),
        MailKind.SIGN_IN: lambda first, reader, language: messages.sign_in(
            letterhead=letterhead, link=link, link_lifetime=minutes, code=CODE, code_lifetime=CODE_LIFETIME,
            first_name=first, reader=reader, language=language,
        ),
        MailKind.PASSWORD_RESET: lambda first, reader, language: messages.password_reset(
            letterhead=letterhead, link=reset, link_lifetime=RESET_LIFETIME, first_name=first, reader=reader,
            language=language,
        ),
        MailKind.NOTICE: lambda first, reader, language: messages.notice(
            letterhead=letterhead, subject=_('Your password was changed'), lines=lines, first_name=first,
            reader=reader, action=(_('Open the portal'), f'{url}/'), portal_url=url, language=language,
        ),
    }  # fmt: skip
