"""A file that is being imported, or was: how far it has come, live, and what did not go in. It goes on without us."""

from nicegui import html
from nicegui import ui as nui

from domain.actors import StaffActor
from domain.contacts.importing.preview import Counts
from domain.contacts.importing.results import (
    MOST_ON_A_PAGE,
    REFUSALS_ARE_KEPT,
    RefusalPage,
    count_refusals,
    list_refusals,
)
from domain.contacts.importing.run import KIND
from domain.file_errors import ImportFileNotFound
from domain.jobs.jobs import JobView, read_job
from domain.jobs.kinds import JobState
from ui.components.back_link import back_link
from ui.components.basics import button, card, notice, plain_text
from ui.components.live_table import Table, use_styles
from ui.dependencies import deps
from ui.staff.import_doors import PAGE, REFUSED
from ui.staff.import_numbers import ImportFigures, consequences
from ui.staff.import_tables import refusals_card, show_refusals
from ui.staff.job_progress import JobProgress

AT_ONCE = 50
MOST_SHOWN = 2_000
LIST = '/staff/contacts'


class ImportResult:
    def __init__(self, actor: StaffActor, job_id: int) -> None:
        """Built empty; `load` fills it, and it follows the job from then on."""
        self._actor, self._job_id = actor, job_id
        self._shown: JobView | None = None

    async def load(self) -> None:
        """Raises JobNotFound, and ImportFileNotFound for a job of another kind."""
        use_styles()
        job = await read_job(deps(), self._actor, self._job_id)
        if job.kind != KIND:
            raise ImportFileNotFound()
        with html.div().classes('fy-head'):
            with html.div():
                back_link(LIST, 'Contacts')
                plain_text('h1', str(job.facts.get('name') or 'Import contacts')).classes('fy-headname')
                self.sentence = plain_text('p', '').classes('fy-muted')
            button('Import another file', icon='upload', on_click=lambda: nui.navigate.to(PAGE))
            self.onward = button('To the contacts', kind='primary', on_click=lambda: nui.navigate.to(LIST))
        with card():
            self.progress = JobProgress(self._actor, self._job_id, self._changed)
        self.figures = ImportFigures()
        self.consequences = html.div().classes('fy-stack snug')
        self.refused = html.div()
        await self.progress.load()

    async def _changed(self, job: JobView) -> None:
        before, self._shown = self._shown, job
        self.sentence.set_text(_sentence(job))
        self.onward.set_visibility(job.is_over)
        if before is None or before.counts != job.counts or before.state != job.state:
            self.figures.show(Counts(**job.counts))
        if job.is_over and (before is None or not before.is_over):
            self._show_consequences(job)
        if job.is_over and (before is None or not before.is_over) and job.failed:
            await self._show_refused(job)

    def _show_consequences(self, job: JobView) -> None:
        self.consequences.clear()
        with self.consequences:
            consequences(Counts(**job.counts), is_done=True)
            if job.state is JobState.CANCELLED:
                notice('info', 'It was cancelled: what had gone in by then stays.')

    async def _show_refused(self, job: JobView) -> None:
        page = await list_refusals(deps(), self._actor, self._job_id, limit=AT_ONCE)
        counted = await count_refusals(deps(), self._actor, job.id)
        reasons = {(header, fault): number for header, fault, number in counted}
        self.refused.clear()
        with self.refused:
            if not page.rows:
                notice('info', f'Which rows were refused, and why, was kept for {REFUSALS_ARE_KEPT.days} days.')
                return
            table = refusals_card(page.rows, reasons, job.failed, f'{REFUSED}?job={job.id}')
            if page.next_after is not None:
                More(self._actor, job.id, table, page)


class More:
    def __init__(self, actor: StaffActor, job_id: int, table: Table, page: RefusalPage) -> None:
        """A button that brings more refusals into the table, which has those of `page`."""
        self._actor, self._job_id, self._table = actor, job_id, table
        self._rows, self._after = list(page.rows), page.next_after
        self._button = button('Show more', small=True, on_click=self._bring)

    async def _bring(self) -> None:
        page = await list_refusals(deps(), self._actor, self._job_id, after=self._after or 0, limit=MOST_ON_A_PAGE)
        self._rows += page.rows
        self._after = page.next_after
        show_refusals(self._table, self._rows)
        self._button.set_visibility(self._after is not None and len(self._rows) < MOST_SHOWN)


def _sentence(job: JobView) -> str:
    if job.state is JobState.DONE:
        return 'All rows are dealt with.'
    if job.state is JobState.CANCELLED:
        return 'The import was cancelled.'
    if job.state is JobState.PAUSED:
        return 'The import rests.'
    return 'The import goes on in the background; you can leave this page.'
