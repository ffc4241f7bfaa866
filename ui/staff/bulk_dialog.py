"""What is to be done to many contacts: first in numbers, each group listed; then the job, safe to leave."""

from collections.abc import Callable
from typing import Any

import structlog
from nicegui import background_tasks, html
from nicegui import ui as nui

from domain.activity.access_report import FileFormat
from domain.actors import StaffActor
from domain.contacts.bulk import COUNTED, LEFT_OUT_UNLESS_ASKED, BulkKind, DryRun, Group, look_before, start_bulk
from domain.contacts.selection import Selection
from domain.errors import DomainError, NumberDiffers, TextInvalid
from domain.texts import LONGEST_MESSAGE
from ui.components.basics import TextField, button, dialog, notice, plain_text, text_field
from ui.dependencies import deps
from ui.messages import say
from ui.staff.access_report_files import hand_over
from ui.staff.bulk_groups import Groups
from ui.staff.confirm import with_fresh_sign_in
from ui.staff.contact_words import listed, several
from ui.staff.import_doors import PAGE as IMPORT_PAGE
from ui.staff.job_progress import JobProgress
from ui.staff.job_words import job_title
from ui.staff.leads_to import LeadsTo
from ui.staff.picking import on_page
from ui.staff.reach import only_here

log = structlog.get_logger(__name__)

LONGEST_TYPED = LONGEST_MESSAGE + 2_000  # more than fits may be typed, so that the error can be read and nothing is cut
TITLES = {BulkKind.EXPORT: 'Export contacts'}
ACTS = {
    BulkKind.INVITE: 'Invite',
    BulkKind.LOGIN_EMAIL: 'Send to',
    BulkKind.GIVE_ACCESS: 'Give access to',
    BulkKind.REVOKE_ACCESS: 'Revoke access of',
    BulkKind.DELETE: 'Delete',
    BulkKind.REMINDER: 'Remind',
}
WITH_LINKS = (BulkKind.INVITE, BulkKind.LOGIN_EMAIL, BulkKind.REMINDER)
ONLY_HERE = 'The links in them work on this machine only. Whoever runs Foyer sets its public address (FOYER_BASE_URL).'
TO_EDIT = 'These files are access reports. For one to edit and import again, go to the import page: '
TOO_MUCH = 'Too much is being counted at the moment. Please close this and try again in a while.'
NOBODY = 'There is nobody here that this could be done to.'


async def open_bulk_dialog(
    actor: StaffActor, kind: BulkKind, selection: Selection, on_done: Callable[[], Any] | None = None
) -> None:
    """Open it; the numbers come as soon as they are counted. `on_done` is called when it closes after a job began."""
    asked = BulkDialog(actor, kind, selection, on_done)
    background_tasks.create(asked.look(), name='dry run')


class BulkDialog:
    def __init__(
        self, actor: StaffActor, kind: BulkKind, selection: Selection, on_done: Callable[[], Any] | None
    ) -> None:
        """Build and open, without numbers yet; `look` fills it."""
        self._on_done = on_done
        self._actor, self._kind, self._selection = actor, kind, selection
        self._dry: DryRun | None = None
        self._groups: Groups | None = None
        self._number: TextField | None = None
        self._message: TextField | None = None
        self._leads_to: LeadsTo | None = None
        title = TITLES.get(kind) or job_title(kind.value, {})
        with on_page() as self._ground, dialog(title, 'Counting…', has_fields=kind in _WITH_FIELDS) as self.dialog:
            self._body = html.div().classes('fy-stack').props('aria-busy=true')
            with self._body:
                for _ in range(3):
                    html.div().classes('fy-bone').style('height: 20px')
            self._fault = html.div()
            self._done = html.div().classes('fy-stack').props('tabindex=-1')
        self._fault.set_visibility(False)
        self._done.set_visibility(False)
        self._title = title
        with self.dialog.foot:
            self._cancel = button('Cancel', kind='ghost', on_click=self.dialog.close)
            if kind is BulkKind.EXPORT:
                self._go = button('Download XLSX', icon='download', on_click=lambda: self._export(FileFormat.XLSX))
                self._also = button(
                    'Download CSV', icon='download', kind='primary', on_click=lambda: self._export(FileFormat.CSV)
                )
            else:
                self._go = self._also = button(
                    ACTS[kind], kind='danger-fill' if kind in COUNTED else 'primary', on_click=self._start
                )
            self._open = button('Open job', on_click=self._open_job)
            self._close = button('Close', kind='primary', on_click=self.dialog.close)
        for one in (self._open, self._close):
            one.set_visibility(False)
        for one in {self._go, self._also}:
            one.set_enabled(False)
        self._job_id = 0
        self.dialog.on('hide', self._end)
        self.dialog.open()

    # ── Before ──────────────────────────────────────────────────────────────

    async def look(self) -> None:
        """Count, and show what would be done."""
        try:
            dry = await look_before(deps(), self._actor, self._kind, self._selection)
        except DomainError as error:
            self._refuse(error)
            return
        except TimeoutError:
            self._say_fault(TOO_MUCH)
            return
        except Exception:
            log.exception('the dry run failed')
            self._say_fault('The contacts could not be counted. Please close this and try again.')
            return
        if not self.dialog.is_deleted:
            with self.dialog:
                self._show(dry)

    def _show(self, dry: DryRun) -> None:
        self._dry = dry
        self.dialog.set_title(self._title, several(dry.total, 'contact'))
        self._body.clear()
        self._body.props['aria-busy'] = 'false'
        with self._body:
            if not dry.affected:
                notice('info', NOBODY if dry.total else 'Nobody is left of those you chose.')
            if dry.groups:
                self._groups = Groups(self._actor, self._selection, dry, self._name_button)
            if self._kind is BulkKind.EXPORT:
                with html.p().classes('fy-sm fy-muted'):
                    plain_text('span', TO_EDIT)
                    html.a('Download contacts').props['href'] = IMPORT_PAGE
            if self._kind is BulkKind.INVITE and dry.affected:
                self._message = text_field(
                    'Personal message', kind='textarea', placeholder='Optional', longest=LONGEST_TYPED,
                    hint='It stands in every one of these mails.',
                )  # fmt: skip
            if self._kind is BulkKind.LOGIN_EMAIL and dry.affected:
                self._leads_to = LeadsTo(self._actor)
                self._leads_to.for_many()
            if self._kind in WITH_LINKS and dry.affected and only_here():
                notice('warn', ONLY_HERE)
            if self._kind in COUNTED and dry.affected:
                self._ask_for_number(dry)
        self._name_button()

    def _ask_for_number(self, dry: DryRun) -> None:
        notice('warn', _consequence(self._kind, dry))
        self._number = text_field(
            'Number of contacts', inputmode='numeric', autocomplete='off',
            hint=f'Type {dry.affected:,} to go on.', on_change=lambda _: self._name_button(),
        )  # fmt: skip

    def _name_button(self) -> None:
        """How many it is about stands in the button; it can be pressed once what has to be typed was typed."""
        dry = self._dry
        if dry is None:
            return
        number = dry.affected - sum(dry.groups.get(group, 0) for group in self._without())
        typed = self._number is None or _number(self._number.value) == dry.affected
        if self._kind is not BulkKind.EXPORT:
            act = act_words(dry)
            self._go.set_text(f'{act} {number:,}' if number else act)
        for one in {self._go, self._also}:
            one.set_enabled(number > 0 and typed)

    def _without(self) -> tuple[Group, ...]:
        return self._groups.without if self._groups else LEFT_OUT_UNLESS_ASKED

    def _export(self, file_format: FileFormat) -> None:
        with self._ground:
            hand_over(self._selection, file_format)
        self.dialog.close()

    # ── Doing it ────────────────────────────────────────────────────────────

    async def _start(self) -> None:
        if self._dry is None or self._job_id:
            return
        self._fault.set_visibility(False)
        try:
            await with_fresh_sign_in(self._actor, self._begin)
        except DomainError as error:
            self._refuse(error)
            return
        except TimeoutError:
            self._say_fault(TOO_MUCH)
            return
        if self._job_id:
            await self._show_job()

    async def _begin(self) -> None:
        self._job_id = await start_bulk(
            deps(),
            self._actor,
            self._kind,
            self._selection,
            message=(self._message.value or '') if self._message else '',
            without=self._without(),
            counted=_number(self._number.value) if self._number else None,
            leads_to_id=self._leads_to.chosen if self._leads_to else None,
        )

    async def _show_job(self) -> None:
        self.dialog.set_title(self._title, 'It goes on in the background. You can close this and come back.')
        self._body.set_visibility(False)
        with self._done:
            progress = JobProgress(self._actor, self._job_id)
        await progress.load()
        for one in {self._go, self._also, self._cancel}:
            one.set_visibility(False)
        for one in (self._done, self._open, self._close):
            one.set_visibility(True)
        self._done.run_method('focus')

    def _open_job(self) -> None:
        nui.navigate.to(f'/staff/jobs/{self._job_id}')

    # ── What is wrong ───────────────────────────────────────────────────────

    def _refuse(self, error: DomainError) -> None:
        if isinstance(error, TextInvalid) and self._message is not None:
            self._message.show_error(say(error))
            self._message.run_method('focus')
        elif isinstance(error, NumberDiffers):
            self._say_fault(f'They have changed meanwhile. {say(error)}')
            background_tasks.create(self.look(), name='dry run')
        else:
            self._say_fault(say(error))

    def _say_fault(self, words: str) -> None:
        if self.dialog.is_deleted:
            return
        self._fault.clear()
        with self._fault:
            notice('bad', words, live=True)
        self._fault.set_visibility(True)

    def _end(self) -> None:
        self.dialog.delete()
        self._ground.delete()
        if self._job_id and self._on_done:
            self._on_done()


_WITH_FIELDS = (BulkKind.INVITE, *COUNTED)


def act_words(dry: DryRun) -> str:
    """What is done to them, as a verb: a reminder invites those it cannot remind of anything."""
    if dry.kind is not BulkKind.REMINDER:
        return ACTS[dry.kind]
    invited = any(dry.groups.get(group) for group in (Group.INVITE_EXPIRED, Group.NOT_INVITED))
    if not invited:
        return ACTS[BulkKind.REMINDER]
    return 'Remind or invite' if dry.groups.get(Group.TO_REMIND) else ACTS[BulkKind.INVITE]


def _number(text: str | None) -> int | None:
    """What was typed as a number of contacts, however its thousands are parted; None for anything else."""
    digits = ''.join(letter for letter in text or '' if letter not in " ,.'\u00a0\u202f’")
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 12 else None


def _consequence(kind: BulkKind, dry: DryRun) -> str:
    """What it does in numbers."""
    ends = [
        words
        for number, words in (
            (dry.ends.get('sessions', 0), f'ends {several(dry.ends.get("sessions", 0), "session")}'),
            (dry.ends.get('invitations', 0), f'cancels {several(dry.ends.get("invitations", 0), "invitation")}'),
        )
        if number
    ]
    at_once = f'It {listed(ends)} at once.' if ends else ''
    if kind is BulkKind.DELETE:
        return f'{several(dry.affected, "contact")} will be gone for good. {at_once}'.strip()
    return f'{several(dry.affected, "contact")} can no longer come in. {at_once}'.strip()
