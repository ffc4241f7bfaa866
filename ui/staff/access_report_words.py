"""What a report that comes by itself is, in words."""

from domain.activity.access_report import FileFormat
from domain.contacts.contact_filter import ContactFilter
from domain.portal.report_schedules import Schedule
from domain.portal.report_times import Every
from ui.components.badge import status_words
from ui.staff.contact_filters import in_force
from ui.staff.contact_words import listed

FORMATS = {FileFormat.XLSX: 'Spreadsheet', FileFormat.CSV: 'CSV'}
RHYTHMS = {Every.DAY: 'Day', Every.WEEK: 'Week', Every.MONTH: 'Month'}


def whom(fits: ContactFilter) -> str:
    """Whom a report is about: `joined, two-factor: off`."""
    parts = [f'“{fits.search}”'] if fits.search else []
    parts += [status_words()[fits.status].lower()] if fits.status else []
    parts += [words[:1].lower() + words[1:] for _, words in in_force(fits)]
    return ', '.join(parts) if parts else 'all contacts'


def to_whom(schedule: Schedule) -> str:
    """Who is told of it, and who was to be and is not any more."""
    told = [one.name for one in schedule.recipients if one.gets_it]
    others = [one.name for one in schedule.recipients if not one.gets_it]
    if not told:
        return 'To nobody: whoever was chosen may not export it any more'
    return f'To {listed(told)}' + (f' (not {listed(others)}: may not export it any more)' if others else '')


def sentence(words: str) -> str:
    """With a capital at its beginning."""
    return words[:1].upper() + words[1:]
