"""`/staff/jobs`: what is being done to many contacts, and what was."""

from nicegui import html

from domain.actors import StaffActor
from domain.events import Event, JobChanged
from domain.jobs.jobs import JobView, list_jobs
from domain.portal.portal_settings import read_portal
from ui import live
from ui.components.basics import button, empty_state, plain_text
from ui.components.keyset_pager import KeysetPager
from ui.components.live_table import Badge, Cell, Column, Moment, Row, Table, Text
from ui.components.refresher import Refresher
from ui.dependencies import deps
from ui.frame import staff_frame, staff_page
from ui.staff.contact_words import several
from ui.staff.job_words import came_words, job_title, pace_words

PATH = '/staff/jobs'
IMPORT = 'import'
IMPORT_PAGE = '/staff/contacts/import?job='  # an import has a page of its own
PAGE_SIZE = 25
BACK = 'back'  # the page before this one is known by the way here


def register() -> None:
    """Register the page."""
    staff_page(PATH, title='Jobs')(jobs_page)


async def jobs_page(actor: StaffActor) -> None:
    """All jobs, newest first."""
    firm_name = (await read_portal()).firm_name
    with staff_frame(actor, firm_name, here=PATH):
        await Jobs(actor).load()


class Jobs:
    def __init__(self, actor: StaffActor) -> None:
        """Build it in the page; `load` fills it."""
        self._actor = actor
        self._turns: list[int] = []  # in front of which jobs this page and those before it begin; none for the newest
        with html.div().classes('fy-head'), html.div():
            html.h1('Jobs')
            words = 'Work on many contacts. It goes on in the background: you can leave and come back.'
            plain_text('p', words).classes('fy-muted')
        with html.section().classes('fy-card').props('aria-label=Jobs') as self._card:
            self._table = Table(
                'Jobs',
                [Column('Job'), Column('State', '120px', on_phone=False), Column('Progress', '40%', on_phone=False),
                 Column('Started', '92px', on_phone=False)],
            )  # fmt: skip
            self._pager = KeysetPager(self._turn)
        self._empty = html.section().classes('fy-card')
        with self._empty, empty_state('No jobs yet', 'Tick contacts in the list and choose what to do with them.'):
            button('Open contacts', kind='primary', icon='users').props['href'] = '/staff/contacts'
        live.on(JobChanged, Refresher(self.load).ask)

    async def load(self, change: Event | None = None) -> None:
        """Read and show."""
        before_id = self._turns[-1] if self._turns else None
        jobs = await list_jobs(deps(), self._actor, before_id=before_id, limit=PAGE_SIZE + 1)
        shown, goes_on = jobs[:PAGE_SIZE], len(jobs) > PAGE_SIZE
        self._table.show([_row(job) for job in shown], settled=change is None)
        self._pager.show(previous=BACK if self._turns else '', next=str(shown[-1].id) if goes_on else '')
        self._pager.say(f'{len(shown):,} on this page')
        self._card.set_visibility(bool(jobs))
        self._empty.set_visibility(not jobs)

    async def _turn(self, after: str, before: str) -> None:
        if not after:
            self._turns = self._turns[:-1] if before else []
        elif not self._turns or int(after) < self._turns[-1]:  # the button was not pressed twice
            self._turns.append(int(after))
        await self.load()
        self._table.to_top()


def page_of(job: JobView) -> str:
    """Where a job is looked at."""
    return page_of_kind(job.kind, job.id)


def page_of_kind(kind: str, job_id: int) -> str:
    """The same where only these are at hand."""
    return f'{IMPORT_PAGE}{job_id}' if kind == IMPORT else f'{PATH}/{job_id}'


def _row(job: JobView) -> Row:
    title = job_title(job.kind, job.facts)
    pace = pace_words(job)
    members = several(job.total, 'row' if job.kind == IMPORT else 'contact')
    return Row(
        key=str(job.id),
        name=title,
        cells=(
            Cell(
                (
                    (Text(title, 'strong', href=page_of(job)),),
                    (
                        Badge(job.state.value, phone='only'),
                        Text(' ', phone='only'),
                        Text(came_words(job), phone='only'),
                        Text(f'{members} · {job.made_by_name}', phone='never'),
                    ),
                )
            ),
            Cell(((Badge(job.state.value),),)),
            Cell(((Text(came_words(job), 'muted'),), *(((Text(pace, 'muted'),),) if pace else ()))),
            Cell(((Moment(job.created_at, look='muted'),),)),
        ),
    )
