"""`/staff/contacts/import`: contacts out of a file: handed in, looked at, run, and what became of it."""

from nicegui import context, html
from nicegui import ui as nui

from domain.actors import StaffActor
from domain.authorization import Permission, may
from domain.contacts.importing.columns import Field
from domain.contacts.importing.decoding import MOST_BYTES
from domain.errors import DomainError
from domain.file_errors import FileFault, ImportFileRefused
from domain.portal.portal_settings import read_portal
from ui.components.back_link import back_link
from ui.components.basics import button, card, notice, plain_text
from ui.components.file_drop import FileDrop
from ui.components.progress_bar import use_job_styles
from ui.frame import staff_frame, staff_page
from ui.messages import say
from ui.staff import import_doors
from ui.staff.import_doors import CONTACTS, FILE, PAGE
from ui.staff.import_preview import ImportPreview
from ui.staff.import_result import ImportResult
from ui.staff.import_words import FIELDS
from ui.theme import asset

STYLES = f'<link rel="stylesheet" href="{asset("import.css")}">'
LIST = '/staff/contacts'
COLUMNS = {
    Field.NAME: 'Needed. Or first and last name in columns of their own.',
    Field.EMAIL: 'One address. Several contacts may share it, and the login with it.',
    Field.KIND: 'person or organisation.',
    Field.ORGANISATION: 'The organisation a person belongs to.',
    Field.PORTAL_ACCESS: 'yes or no. Empty leaves it as it is.',
    Field.EXTERNAL_ID: 'What another program calls the contact. It is recognised by this, else by name and address; '
    'without an address by name, organisation and kind.',
    Field.LANGUAGE: 'en or de, of the portal and its mail. Another leaves it as it is.',
}


def register() -> None:
    """Register the page and its doors."""
    import_doors.register()
    staff_page(PAGE, title='Import contacts', permission=Permission.EDIT_CONTACTS)(import_page)


async def import_page(actor: StaffActor) -> None:
    """The step that the address names: a file to choose, one that is looked at, or one that is being imported."""
    query = dict(context.client.request.query_params)
    firm_name = (await read_portal()).firm_name
    nui.add_head_html(STYLES)
    use_job_styles()
    with staff_frame(actor, firm_name, here=LIST):
        try:
            if job_id := _number(query.get('job')):
                await ImportResult(actor, job_id).load()
            elif file_id := _number(query.get('file')):
                await ImportPreview(actor, file_id, query).begin()
            else:
                choose_a_file(actor)
        except DomainError as error:
            choose_a_file(actor, say(error))


def choose_a_file(actor: StaffActor, fault: str = '') -> None:
    """Where it begins."""
    head('Import contacts', 'A list from a spreadsheet or another program becomes contacts here. It mails nobody.')
    if fault:
        notice('bad', fault, live=True)
    with html.section().classes('fy-card').props('aria-label="The file"'):
        FileDrop(
            FILE,
            f'{PAGE}?file=',
            accept='.csv,.tsv,.txt,text/csv,text/plain,text/tab-separated-values',
            most=MOST_BYTES,
            words={
                'choose': 'Choose a CSV file',
                'hint': 'Or drop it here. Up to 50 MB; you see what would happen before anything does.',
                'going': 'Uploading…',
                'cancel': 'Cancel upload',
                'lost': 'The file did not get through. Please try again.',
                'too_big': say(ImportFileRefused(FileFault.TOO_BIG)),
            },
        )
    with card('What the columns mean') as sheet:
        plain_text(
            'p',
            'The first row names the columns, in any order; others are left alone. Exports of Google Contacts, '
            'Outlook, HubSpot, Xero and QuickBooks are understood as they are.',
        ).classes('fy-muted')
        with html.dl().classes('fy-dl fy-import-columns'):
            for part, words in COLUMNS.items():
                plain_text('dt', FIELDS[part])
                plain_text('dd', words)
    if may(actor, Permission.EXPORT_REPORT):
        with sheet.foot:
            plain_text('span', 'All contacts in this form, to edit and import again.').classes('fy-grow fy-sm fy-muted')
            button('Download contacts', icon='download', on_click=lambda: nui.navigate.to(CONTACTS))


def head(title: str, sentence: str) -> None:
    """Above each step."""
    with html.div().classes('fy-head'), html.div():
        back_link(LIST, 'Contacts')
        html.h1(title)
        plain_text('p', sentence).classes('fy-muted')


def _number(text: str | None) -> int:
    clean = text or ''
    return int(clean) if clean.isascii() and clean.isdigit() and len(clean) < 16 else 0
