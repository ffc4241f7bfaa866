"""`/staff/jobs/{id}`: one job: how far it has come, what can be done with it, and what became of each contact."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from nicegui import context, html

from domain.actors import StaffActor
from domain.errors import JobNotFound
from domain.events import MailChanged, MailsChanged
from domain.jobs.jobs import ItemView, JobView, Result, job_items, read_job
from domain.jobs.kinds import ItemState
from domain.mail.job_mail import JobMail
from domain.portal.portal_settings import read_portal
from ui import live
from ui.components.address_bar import AddressBar
from ui.components.back_link import back_link
from ui.components.basics import button, card, empty_state, plain_text
from ui.components.chips import Chips, chips
from ui.components.keyset_pager import KeysetPager
from ui.components.live_table import Badge, Cell, Column, Look, Moment, Row, Table, Text
from ui.components.refresher import Refresher
from ui.components.when import When
from ui.dependencies import deps
from ui.frame import SeeOther, staff_frame, staff_page
from ui.staff.job_mail import MailOfJob
from ui.staff.job_progress import JobProgress
from ui.staff.job_words import MAILS, job_title, kept_words, result_words
from ui.staff.jobs import IMPORT, PATH, page_of

PAGE_SIZE = 25
EVERY = ''
NOT_REACHED = 'not_reached'
MAILED = frozenset({'invited', 'invited_again', 'sent', 'reminded'})


def register() -> None:
    """Register the page."""
    staff_page(PATH + '/{job_id}', title='Job')(job_page)


async def job_page(actor: StaffActor, job_id: int) -> None:
    """A job, or a word that it is not there."""
    firm_name = (await read_portal()).firm_name
    with staff_frame(actor, firm_name, here=PATH):
        try:
            job = await read_job(deps(), actor, job_id)
        except JobNotFound:
            with (
                html.section().classes('fy-card'),
                empty_state('This job does not exist', 'Perhaps the address is wrong.'),
            ):
                button('All jobs', kind='primary').props['href'] = PATH
            return
        if job.kind == IMPORT:
            raise SeeOther(page_of(job))
        await JobPage(actor, job, context.client.request.query_params.get('result', EVERY)).load()


class JobPage:
    def __init__(self, actor: StaffActor, job: JobView, result: str) -> None:
        """Build it in the page; `load` fills it. `result` is one of the keys of its results."""
        self._actor, self._job, self._result = actor, job, result
        self._after = 0
        self._before: int | None = None
        with html.div().classes('fy-head'), html.div():
            back_link(PATH, 'Jobs')
            html.h1(job_title(job.kind, job.facts))
            with html.p().classes('fy-muted'):
                plain_text('span', f'Started by {job.made_by_name or "Foyer"} ')
                When(job.created_at, 'long')
        with card():
            self.progress = JobProgress(actor, job.id, self._changed)
        self._mail = MailOfJob(actor, job, self._mail_fares, self._show_not_reached) if job.kind in MAILS else None
        self._results = html.div()
        self._chips: Chips | None = None
        self._offered: tuple[str, ...] = ()
        self._not_reached = 0
        self._shown: frozenset[int] = frozenset()
        with html.section().classes('fy-card').props('aria-label=Contacts') as self._card:
            self._table = Table(
                'Contacts of this job',
                _columns(job.kind),
            )
            self._pager = KeysetPager(self._turn)
        self._kept = html.p().classes('fy-muted')
        self._keeps: datetime | None = None
        self._address = AddressBar(self._back)
        self._address.begin({'result': result})
        self._refresher = Refresher(lambda _: self._show(self._job, settled=False))
        live.on(MailChanged, lambda event: self._mailed(event, (event.contact_id,)))
        live.on(MailsChanged, lambda event: self._mailed(event, event.contact_ids))

    def _mailed(self, event: MailChanged | MailsChanged, contact_ids: Sequence[int | None]) -> None:
        if self._shown.intersection(contact_ids):
            self._refresher.ask(event)

    async def load(self) -> None:
        """Read and show all of it."""
        await self.progress.load()

    # ── What the reader does ────────────────────────────────────────────────

    async def _pick(self, result: str) -> None:
        self._result, self._after, self._before = result, 0, None
        self._address.show({'result': result}, step=True)
        await self._show(self._job, settled=True)

    async def _show_not_reached(self) -> None:
        await self._pick(NOT_REACHED)

    async def _back(self, query: dict[str, str]) -> None:
        self._result, self._after, self._before = query.get('result', EVERY), 0, None
        await self._show(self._job, settled=True)

    async def _turn(self, after: str, before: str) -> None:
        self._after, self._before = int(after or 0), int(before) if before else None
        await self._show(self._job, settled=True)
        self._table.to_top()

    # ── What it shows ───────────────────────────────────────────────────────

    async def _changed(self, job: JobView) -> None:
        if self._mail is not None:
            self._mail.look(job)
        await self._show(job, settled=False)

    async def _show(self, job: JobView, *, settled: bool) -> None:
        self._job = job
        states = list(ItemState)
        known = {
            f'{one.state.value}.{one.reason}': one
            for one in sorted(job.results, key=lambda one: (states.index(one.state), one.reason))
        }
        chosen, not_reached = known.get(self._result), self._result == NOT_REACHED
        page = await job_items(
            deps(),
            self._actor,
            job.id,
            state=chosen.state if chosen else '',
            reason=chosen.reason if chosen else None,
            not_reached=not_reached,
            after=self._after,
            before=self._before,
            limit=PAGE_SIZE,
        )
        self._shown = frozenset(one.contact_id for one in page.rows)
        self._table.show([_row(one, has_mail=job.kind in MAILS) for one in page.rows], settled=settled)
        self._offer(known)
        if self._chips is not None:
            numbers = {EVERY: job.total, NOT_REACHED: self._not_reached}
            numbers |= {key: one.number for key, one in known.items()}
            self._chips.show(numbers, self._result if chosen or not_reached else EVERY)
        self._pager.show(previous=str(page.previous_before or ''), next=str(page.next_after or ''))
        self._pager.say(f'{len(page.rows):,} on this page')
        self._card.set_visibility(bool(page.rows))
        self._results.set_visibility(bool(known))
        self._say_how_long(job)

    async def _mail_fares(self, mail: JobMail) -> None:
        if mail.contacts_not_reached != self._not_reached:
            self._not_reached = mail.contacts_not_reached
            await self._show(self._job, settled=False)

    def _offer(self, known: Mapping[str, Result]) -> None:
        """A chip for each result there is by now."""
        words = [(key, result_words(one.state, one.reason)) for key, one in known.items()]
        if self._not_reached or self._result == NOT_REACHED:
            words.append((NOT_REACHED, 'Not reached by mail'))
        if tuple(key for key, _ in words) == self._offered:
            return
        self._offered = tuple(key for key, _ in words)
        self._results.clear()
        with self._results:
            self._chips = chips('Result', [(EVERY, 'All'), *words], self._pick)

    def _say_how_long(self, job: JobView) -> None:
        """Until when it is known which contacts those were."""
        self._kept.set_visibility(job.kept_until is not None)
        if job.kept_until is None or job.kept_until == self._keeps:
            return
        self._keeps = job.kept_until
        self._kept.clear()
        with self._kept:
            plain_text('span', f'{kept_words(is_kept=job.kept_until > deps().clock.now())} ')
            When(job.kept_until, 'date')


def _columns(kind: str) -> list[Column]:
    mail = [Column('Mail', '120px', on_phone=False)] if kind in MAILS else []
    return [Column('Name'), Column('Result', '220px', on_phone=False), *mail, Column('When', '92px', on_phone=False)]


def _row(one: ItemView, *, has_mail: bool) -> Row:
    words = result_words(one.state, one.reason)
    look: Look = 'bad' if one.state is ItemState.FAILED else '' if one.state is ItemState.DONE else 'muted'
    was_mailed = one.reason in MAILED and one.exists
    return Row(
        key=str(one.id),
        name=one.name,
        cells=(
            Cell(
                (
                    (Text(one.name, href=f'/staff/contacts/{one.contact_id}' if one.exists else ''),),
                    (
                        Text(words, look, phone='only'),
                        Text(one.email or ('No address' if one.exists else 'No longer there'), phone='never'),
                    ),
                ),
                face=(one.name, one.kind),
            ),
            Cell(((Text(words, look),),)),
            *([Cell(((Badge(one.mail),),) if was_mailed else ())] if has_mail else []),
            Cell(((Moment(one.at, look='muted'),),)),
        ),
    )
