"""A job on screen: how far it has come, how quickly, and what can be done with it. Live, wherever it stands."""

from collections.abc import Awaitable, Callable
from typing import Any

from nicegui import html
from nicegui import ui as nui

from domain.actors import StaffActor
from domain.errors import DomainError, JobNotFound
from domain.events import JobChanged
from domain.jobs.jobs import JobView, cancel_job, pause_job, read_job, resume_job, retry_failed
from domain.jobs.kinds import JobState
from ui import live
from ui.components.badge import status_words
from ui.components.basics import badge, button, notice, plain_text, toast
from ui.components.progress_bar import Part, ProgressBar
from ui.components.refresher import Refresher
from ui.components.words import PlainText
from ui.dependencies import deps
from ui.messages import say
from ui.staff.ask_first import ask_first
from ui.staff.confirm import with_fresh_sign_in
from ui.staff.contact_words import several
from ui.staff.job_words import cancel_words, come_words, failed_words, fault_words, job_title, pace_words
from ui.staff.picking import on_page

_PARTS: tuple[Part, ...] = ('done', 'skipped', 'failed')


class JobProgress(html.div):
    def __init__(
        self, actor: StaffActor, job_id: int, on_change: Callable[[JobView], Awaitable[None] | None] | None = None
    ) -> None:
        """Call `load` once; it follows the job from then on. `on_change` is called with what was read."""
        super().__init__()
        self.classes('fy-stack')
        self._actor, self._job_id, self._on_change = actor, job_id, on_change
        self._dialogs = on_page()
        with self:
            with html.div().classes('fy-row wrap tight'):
                self._state = html.span()
                self._said = plain_text('span', '').classes('fy-sr').props('role=status')
            self.bar = ProgressBar('Progress')
            with html.div().classes('fy-job-words'):
                self._come, self._pace = plain_text('span', ''), plain_text('span', '')
            with html.div().classes('fy-legend') as self._legend:
                self._parts = {part: self._part(part) for part in _PARTS}
            self._fault = html.div()
            with html.div().classes('fy-row wrap tight') as self._acts:
                self._pause = button('Pause', icon='pause', on_click=lambda: self._do(pause_job))
                self._resume = button('Resume', icon='play', kind='primary', on_click=lambda: self._do(resume_job))
                self._retry = button('Retry failed', icon='rotate-ccw', on_click=self._try_again)
                self._cancel = button('Cancel job', icon='x', kind='danger', on_click=self._ask)
        self._shown: JobState | None = None
        self._kind = ''
        refresher = Refresher(lambda _: self.load())
        self.stop = live.on(JobChanged, lambda event: refresher.ask(event) if event.job_id == job_id else None)

    @staticmethod
    def _part(part: Part) -> tuple[nui.element, PlainText]:
        with html.span() as strip:
            html.i().classes(part)
            return strip, plain_text('span', '')

    async def load(self) -> None:
        """Read and show."""
        try:
            job = await read_job(deps(), self._actor, self._job_id)
        except JobNotFound:
            return
        if self.is_deleted:
            return
        self.show(job)
        if self._on_change is not None:
            answer = self._on_change(job)
            if answer is not None:
                await answer

    def show(self, job: JobView) -> None:
        """As it stands."""
        self._kind = job.kind
        come = come_words(job)
        self.bar.show(
            {'done': job.done, 'skipped': job.skipped, 'failed': job.failed},
            job.total if job.gathered or job.handled else None,
            words=come,
            is_still=job.state is not JobState.RUNNING and job.state is not JobState.WAITING,
        )
        self._come.set_text(come)
        self._pace.set_text(pace_words(job))
        self._show_state(job)
        self._show_parts(job)
        for one, can in (
            (self._pause, job.can_pause),
            (self._resume, job.can_resume),
            (self._retry, job.can_retry),
            (self._cancel, job.can_cancel),
        ):
            one.set_visibility(can)
        self._acts.set_visibility(job.can_pause or job.can_resume or job.can_retry or job.can_cancel)

    def _show_state(self, job: JobView) -> None:
        if self._shown is job.state:
            return
        first, self._shown = self._shown is None, job.state
        self._state.clear()
        with self._state:
            badge(job.state.value)
        self._fault.clear()
        self._fault.set_visibility(job.fault is not None)
        if job.fault is not None:
            with self._fault:
                notice('warn', fault_words(job.fault), title='It has stopped.')
        if not first:
            self._said.set_text(f'{job_title(job.kind, job.facts)}: {status_words()[job.state.value]}')

    def _show_parts(self, job: JobView) -> None:
        numbers = {'done': job.done, 'skipped': job.skipped, 'failed': job.failed}
        words = {'done': 'done', 'skipped': 'left alone', 'failed': failed_words(job.kind)}
        for part in _PARTS:
            strip, text = self._parts[part]
            strip.set_visibility(numbers[part] > 0)
            text.set_text(f'{numbers[part]:,} {words[part]}')
        self._legend.set_visibility(job.handled > 0)

    # ── What is done with it ────────────────────────────────────────────────

    async def _do(self, deed: Callable[..., Awaitable[Any]]) -> None:
        try:
            await with_fresh_sign_in(self._actor, lambda: deed(deps(), self._actor, self._job_id))
        except DomainError as error:
            toast(say(error), kind='bad')
        await self.load()

    async def _try_again(self) -> None:
        try:
            await with_fresh_sign_in(self._actor, self._retry_failed)
        except DomainError as error:
            toast(say(error), kind='bad')
        await self.load()

    async def _retry_failed(self) -> None:
        number = await retry_failed(deps(), self._actor, self._job_id)
        toast(f'{several(number, "contact")} will be tried again.')

    def _ask(self) -> None:
        with self._dialogs:
            ask_first('Cancel this job?', cancel_words(self._kind), 'Cancel job', lambda: self._do(cancel_job))
