"""What a file would come to, before anything is written: how it is read, what becomes of its rows, and what would not
go in."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import urlencode

import structlog
from nicegui import background_tasks, context, html
from nicegui import ui as nui

from domain.actors import StaffActor
from domain.contacts.importing.columns import Field
from domain.contacts.importing.decoding import Encoding
from domain.contacts.importing.layout import Delimiter
from domain.contacts.importing.plan import Wishes, check_columns
from domain.contacts.importing.preview import Preview, preview
from domain.contacts.importing.run import start_import
from domain.contacts.importing.uploads import Detected, HandedIn, detect, read_file, throw_away
from domain.contacts.new_contact import Kind
from domain.errors import DomainError, SignedOut
from domain.file_errors import FileFault, ImportBegun, ImportFileRefused
from ui.components.address_bar import AddressBar
from ui.components.back_link import back_link
from ui.components.basics import button, notice, plain_text, toast
from ui.components.progress_bar import ProgressBar
from ui.dependencies import deps
from ui.messages import say, say_any
from ui.staff.import_doors import PAGE, REFUSED
from ui.staff.import_mapping import Mapped
from ui.staff.import_numbers import ImportFigures, consequences
from ui.staff.import_tables import first_rows, refusals_card, shared_card
from ui.staff.import_words import size_words

log = structlog.get_logger(__name__)

TOLD_EVERY = 0.2  # seconds between two words of progress
FIRST_LOOK = 1.2  # seconds the page waits for a small file before it is sent without its preview
CHOSEN_COLUMNS_MATTER = frozenset({FileFault.NO_NAME, FileFault.SAME_HEADER})


class ImportPreview:
    def __init__(self, actor: StaffActor, file_id: int, query: Mapping[str, str]) -> None:
        """Built empty; `begin` fills it. `query` holds what staff chose of how it is read."""
        self._actor, self._file_id = actor, file_id
        self._wishes = Wishes.from_text(query)
        self._client = context.client
        self._looking: asyncio.Task[None] | None = None
        self._detected: Detected | None = None
        self._found: Preview | None = None
        self._told = 0.0
        self._client.on_delete(self._stop)

    async def begin(self) -> None:
        """Raises ImportFileNotFound for a file that is gone; goes on to the job of one that was begun already."""
        file = await read_file(deps(), self._actor, self._file_id)
        if file.job_id is not None:
            nui.navigate.to(f'{PAGE}?job={file.job_id}')
            return
        self._build(file)
        self.address = AddressBar(self._back)
        self.address.begin(self._query())
        looking = self._look_anew()
        await asyncio.wait({looking}, timeout=FIRST_LOOK)

    def _build(self, file: HandedIn) -> None:
        with html.div().classes('fy-head'):
            with html.div():
                back_link(PAGE, 'Import contacts')
                plain_text('h1', file.name).classes('fy-headname')
                plain_text('p', f'{size_words(file.size)}. Nothing is written before you start the import.').classes(
                    'fy-muted'
                )
            button('Choose another file', on_click=self._leave)
            self.start = button('Start import', icon='upload', kind='primary', on_click=self._start)
        self.start.set_enabled(False)
        self.going = html.section().classes('fy-card fy-import-going').props('role=status')
        with self.going, html.div().classes('fy-body fy-stack snug'):
            self.words = plain_text('span', 'Reading the file…').classes('fy-sm fy-muted')
            self.bar = ProgressBar('Reading the file')
        self.fault = html.div()
        self.above = html.div().classes('fy-stack').style('gap: inherit')
        self.mapped = Mapped(self._chose)
        self.found = html.div().classes('fy-stack').style('gap: inherit')

    # ── What the reader does ────────────────────────────────────────────────

    def _chose(self, key: str, value: str) -> None:
        """Another way to read it: everything is looked at anew."""
        detected, wishes = self._detected, self._wishes
        if detected is None:
            return
        if key == 'encoding':
            wishes = replace(wishes, encoding=Encoding(value))
        elif key == 'delimiter':
            wishes = replace(wishes, delimiter=Delimiter(value), columns=None)
        elif key == 'new_kind':
            wishes = replace(wishes, new_kind=Kind(value))
        else:
            places = tuple(int(one) for one in value.split('+')) if value else ()
            wishes = wishes.with_column(detected.plan, Field(key), places)
        self._wishes = wishes
        self.address.show(self._query(), step=True)
        self._look_anew()

    def _back(self, query: dict[str, str]) -> None:
        self._wishes = Wishes.from_text(query)
        self._look_anew()

    async def _leave(self) -> None:
        self._stop()
        await throw_away(deps(), self._actor, self._file_id)
        nui.navigate.to(PAGE)

    async def _start(self) -> None:
        detected, found = self._detected, self._found
        if detected is None or found is None:
            return
        try:
            job_id = await start_import(deps(), self._actor, self._file_id, detected.plan, found.counts.rows)
        except ImportBegun as begun:
            job_id = begun.job_id
        except DomainError as error:
            toast(say(error), kind='bad')
            return
        nui.navigate.to(f'{PAGE}?job={job_id}')

    # ── Looking ─────────────────────────────────────────────────────────────

    def _look_anew(self) -> 'asyncio.Task[None]':
        self._stop()
        self._found = None
        self.start.set_enabled(False)
        self.going.set_visibility(True)
        self.bar.show({}, None)
        self.words.set_text('Reading the file…')
        self._looking = background_tasks.create(self._look(), name='look at a file')
        return self._looking

    def _stop(self) -> None:
        if self._looking is not None:
            self._looking.cancel()

    async def _look(self) -> None:
        with self._client:
            try:
                detected = await detect(deps(), self._actor, self._file_id, self._wishes)
                self._detected = detected
                self.mapped.show(detected)
                check_columns(detected.plan, detected.layout)
                self._show(await self._preview(detected))
            except SignedOut:
                return  # the page is being closed
            except ImportFileRefused as error:
                self._refuse(say(error), can_choose=error.fault in CHOSEN_COLUMNS_MATTER)
            except DomainError as error:
                self._refuse(say(error))
            except Exception as error:
                log.exception('a file could not be looked at')
                self._refuse(say_any(error))

    async def _preview(self, detected: Detected) -> Preview:
        file = detected.file
        return await preview(
            deps(), self._actor, file.id, detected.plan, detected.layout, size=file.size, on_progress=self._progress
        )

    def _progress(self, share: float) -> None:
        now = asyncio.get_running_loop().time()
        if now - self._told > TOLD_EVERY:
            self._told = now
            self.bar.show({'done': round(share * 100)}, 100)

    def _refuse(self, words: str, *, can_choose: bool = False) -> None:
        self.going.set_visibility(False)
        self.found.clear()
        self.above.clear()
        self.fault.clear()
        with self.fault:
            notice('warn' if can_choose else 'bad', words, live=True)
        self.mapped.set_visibility(can_choose or self._detected is not None)

    def _show(self, found: Preview) -> None:
        self._found = found
        self.going.set_visibility(False)
        for one in (self.fault, self.above, self.found):
            one.clear()
        counts = found.counts
        self.start.set_enabled(True)
        with self.above:
            ImportFigures().show(counts)
            consequences(counts)
        with self.found:
            first_rows(found.rows)
            if found.refusals:
                download = f'{REFUSED}?{urlencode(self._query())}'
                refusals_card(found.refusals, found.reasons, counts.refused, download)
            if found.shared_addresses:
                shared_card(found.shared, found.shared_addresses)

    def _query(self) -> dict[str, str]:
        return {'file': str(self._file_id), **self._wishes.to_text()}
