"""The firm's own words for its mail: reading them, changing them, going back, and what they did say before.

What was saved stays: a change adds a version, and going back adds one without words. Mail that is queued already keeps
the words it was written in.
"""

from dataclasses import dataclass
from datetime import datetime

from domain.access.sign_in_codes import CODE_LIFETIME
from domain.actors import StaffActor
from domain.audit import AuditKind, record
from domain.authorization import Permission, authorise
from domain.dependencies import Dependencies
from domain.errors import TextInvalid
from domain.events import MailTextsChanged
from domain.language import DEFAULT_LANGUAGE
from domain.mail.own_words import LONGEST_BODY, LONGEST_SUBJECT, Words, read_words
from domain.mail.rendering import in_words
from domain.mail.starting_words import KINDS, starting_words
from domain.mail.states import MailKind
from domain.mail_errors import MergeFieldWrong, VersionNotFound
from domain.texts import one_line, paragraphs
from domain.unit_of_work import Work, deed, unit_of_work
from storage.models import MailText

MOST_SHOWN = 50  # versions
LANGUAGE = DEFAULT_LANGUAGE


@dataclass(frozen=True)
class Version:
    """What somebody saved, and when. Without words it went back to Foyer's."""

    id: int
    words: Words | None
    made_by_name: str
    created_at: datetime


@dataclass(frozen=True)
class EmailText:
    """The words of a kind of mail that are in force, Foyer's own, and every version there was, the newest first."""

    words: Words
    default: Words
    versions: tuple[Version, ...]

    @property
    def is_own(self) -> bool:
        """Whether the firm has words of its own."""
        return bool(self.versions) and self.versions[0].words is not None


async def read_email_text(deps: Dependencies, actor: StaffActor, kind: str, language: str = LANGUAGE) -> EmailText:
    """Raises ValueError for a kind that has no words to change; NotAllowed, SignedOut."""
    await authorise(deps, actor, Permission.CHANGE_SETTINGS)
    default = default_words(kind, language)
    rows = await MailText.filter(kind=default.kind, language=language).order_by('-id').limit(MOST_SHOWN)
    versions = tuple(_version(row) for row in rows)
    return EmailText((versions[0].words if versions else None) or default, default, versions)


def default_words(kind: str, language: str = LANGUAGE) -> Words:
    """Foyer's own. Raises ValueError for a kind that has none."""
    return starting_words(_kind(kind), language, in_words(CODE_LIFETIME, language))


def checked_words(kind: str, subject: str, body: str, language: str = LANGUAGE) -> Words:
    """What was typed, tidied. Raises TextInvalid or MergeFieldWrong for the field 'subject' or 'body'."""
    known = _kind(kind)
    return Words(known.value, _subject(subject, known), _body(body, known), language)


def faults_of(kind: str, subject: str, body: str) -> dict[str, TextInvalid | MergeFieldWrong]:
    """What is wrong with the words that were typed, by field, 'subject' or 'body'; nothing where all is well."""
    known, faults = _kind(kind), dict[str, TextInvalid | MergeFieldWrong]()
    for field, check, typed in (('subject', _subject, subject), ('body', _body, body)):
        try:
            check(typed, known)
        except (TextInvalid, MergeFieldWrong) as error:
            faults[field] = error
    return faults


@deed
async def save_email_text(
    deps: Dependencies, actor: StaffActor, kind: str, subject: str, body: str, language: str = LANGUAGE
) -> EmailText:
    """From the next mail on these are the words. Raises TextInvalid, MergeFieldWrong, NotAllowed, SignedOut."""
    before = await read_email_text(deps, actor, kind, language)
    words = checked_words(kind, subject, body, language)
    if words != before.words:
        async with unit_of_work(deps) as work:
            await _write(work, actor, words.kind, language, words)
    return await read_email_text(deps, actor, kind, language)


@deed
async def use_default_text(deps: Dependencies, actor: StaffActor, kind: str, language: str = LANGUAGE) -> EmailText:
    """From the next mail on Foyer's words are used again. Raises NotAllowed, SignedOut."""
    before = await read_email_text(deps, actor, kind, language)
    if before.is_own:
        async with unit_of_work(deps) as work:
            await _write(work, actor, before.words.kind, language, None)
    return await read_email_text(deps, actor, kind, language)


@deed
async def restore_email_text(deps: Dependencies, actor: StaffActor, version_id: int) -> EmailText:
    """Use the words of an older version again. Raises VersionNotFound, NotAllowed, SignedOut."""
    await authorise(deps, actor, Permission.CHANGE_SETTINGS)
    row = await MailText.get_or_none(id=version_id)
    if row is None:
        raise VersionNotFound()
    if row.body is None:
        return await use_default_text(deps, actor, row.kind, row.language)
    return await save_email_text(deps, actor, row.kind, row.subject, row.body, row.language)


async def _write(work: Work, actor: StaffActor, kind: str, language: str, words: Words | None) -> None:
    await MailText.create(
        kind=kind,
        language=language,
        subject=words.subject if words else '',
        body=words.body if words else None,
        made_by_id=actor.staff_id,
        made_by_name=actor.name,
        created_at=work.now,
    )
    await record(
        work, AuditKind.MAIL_TEXT_CHANGED if words else AuditKind.MAIL_TEXT_RESET, actor, text=kind, language=language
    )
    work.tell(MailTextsChanged())


def _version(row: MailText) -> Version:
    words = Words(row.kind, row.subject, row.body, row.language) if row.body is not None else None
    return Version(row.id, words, row.made_by_name, row.created_at)


def _subject(typed: str, kind: MailKind) -> str:
    words = one_line(typed, 'subject', longest=LONGEST_SUBJECT, needed=True)
    read_words(words, kind, 'subject')
    return words


def _body(typed: str, kind: MailKind) -> str:
    words = paragraphs(typed, 'body', longest=LONGEST_BODY) or one_line('', 'body', needed=True)
    read_words(words, kind, 'body')
    return words


def _kind(kind: str) -> MailKind:
    known = MailKind(kind)
    if known not in KINDS:
        raise ValueError(f'{kind} has no words to change')
    return known
