"""The mail that says that a report is there: a link to it, which asks for sign-in."""

from urllib.parse import urlencode

from domain.activity.access_report import FileFormat
from domain.contacts.contact_filter import ContactFilter
from domain.dependencies import Dependencies
from domain.language import gettext as _
from domain.mail import messages, outbox
from domain.mail.letterhead import Letterhead
from domain.mail.states import MailKind
from domain.portal.report_times import Every, Rhythm
from domain.texts import first_name

PAGE = '/staff/access-report'
FILE = 'file'
"""The parameter that has the page hand over the file once it is open; the others are those of the contact list."""


def report_mail(
    deps: Dependencies,
    letterhead: Letterhead,
    name: str,
    address: str,
    rhythm: Rhythm,
    fits: ContactFilter,
    file_format: FileFormat,
) -> outbox.NewMail:
    """To one member of the team."""
    query = urlencode(fits.to_query() | {FILE: file_format.value})
    return outbox.NewMail(
        kind=MailKind.REPORT,
        to_address=address,
        to_name=name,
        message=messages.notice(
            letterhead=letterhead,
            first_name=first_name(name),
            to_staff=True,
            subject=_('Your access report is ready'),
            lines=[
                _('It comes %s, and shows the portal as it is when you open it.') % rhythm_in_words(rhythm),
                _('It holds all contacts.')
                if fits.is_empty
                else _('It holds the contacts that fit: %s.') % fits_in_words(fits),
            ],
            action=(
                _('Open the spreadsheet') if file_format is FileFormat.XLSX else _('Open the CSV file'),
                f'{deps.settings.public_url}{PAGE}?{query}',
            ),
            small=_('The link asks you to sign in. What it holds is for those who may export the report.'),
            portal_url=deps.settings.public_url,
        ),
    )


def rhythm_in_words(rhythm: Rhythm) -> str:
    """`every Monday at 08:00 (Europe/Berlin)`."""
    at = f'{rhythm.at_minute // 60:02}:{rhythm.at_minute % 60:02}'
    zone = rhythm.zone.replace('_', ' ')
    if rhythm.every is Every.WEEK:
        # Translators: a day of the week, a time of day, a time zone
        return _('every %(day)s at %(at)s (%(zone)s)') % {'day': weekdays()[rhythm.weekday], 'at': at, 'zone': zone}
    if rhythm.every is Every.MONTH:
        if rhythm.day > 28:
            return _('on day %(day)d of every month, or its last, at %(at)s (%(zone)s)') % {
                'day': rhythm.day, 'at': at, 'zone': zone,
            }  # fmt: skip
        return _('on day %(day)d of every month at %(at)s (%(zone)s)') % {'day': rhythm.day, 'at': at, 'zone': zone}
    return _('every day at %(at)s (%(zone)s)') % {'at': at, 'zone': zone}


def weekdays() -> tuple[str, ...]:
    """Monday first."""
    return (_('Monday'), _('Tuesday'), _('Wednesday'), _('Thursday'), _('Friday'), _('Saturday'), _('Sunday'))


def fits_in_words(fits: ContactFilter) -> str:
    """`status: joined, two factor: no`, in the words that the address has for it."""
    return ', '.join(f'{name.replace("_", " ")}: {value.replace("_", " ")}' for name, value in fits.to_query().items())
