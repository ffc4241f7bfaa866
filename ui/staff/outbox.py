"""`/staff/outbox`: every mail and what became of it, live. Without a mail server the captured mail is read here."""

import asyncio
from dataclasses import asdict

import structlog
from nicegui import background_tasks, context, html

from domain.actors import StaffActor
from domain.authorization import Permission, may
from domain.errors import DomainError, SignedOut
from domain.events import Event, MailChanged, MailsChanged, MailServerChanged
from domain.mail.outbox import MailCounts, MailRow, cancel_mail, list_mail, retry_mail
from domain.mail.states import MailState
from domain.portal.portal_settings import read_portal
from ui import live
from ui.components.address_bar import AddressBar
from ui.components.badge import status_words
from ui.components.basics import button, empty_state, notice, plain_text, toast
from ui.components.chips import chips
from ui.components.live_table import Act, Badge, Cell, Column, Moment, Piece, Row, Table, Text
from ui.components.refresher import Refresher
from ui.dependencies import deps
from ui.frame import staff_frame, staff_page
from ui.messages import say
from ui.staff.ask_first import ask_first
from ui.staff.contact_words import mail_kind_words, several
from ui.staff.invite_dialog import open_invite_dialog
from ui.staff.mail_dialog import open_mail_dialog
from ui.staff.shared_counts import mail_by_state

log = structlog.get_logger(__name__)

STEP = 50
MOST = 2_000  # rows that one page shows; who needs older ones asks the database
PATIENCE = 0.3  # seconds before the list shows that it works
FIRST_LOOK = 1.5  # seconds a page waits for its rows before it shows that they are being fetched
STATES = tuple(state.value for state in MailState)


def register() -> None:
    """Register the page."""
    staff_page('/staff/outbox', title='Outbox', permission=Permission.SEE_OUTBOX)(outbox_page)


async def outbox_page(actor: StaffActor, state: str = '') -> None:
    """The outbox, perhaps only the mail in one state."""
    firm_name = (await read_portal()).firm_name
    with staff_frame(actor, firm_name, here='/staff/outbox'):
        await Outbox(actor, state if state in STATES else '').first_look()


class Outbox:
    def __init__(self, actor: StaffActor, state: str) -> None:
        """Build it in the page; `first_look` fills it."""
        self.actor, self.state, self.wanted = actor, state, STEP
        self._asked = 0
        self._client = context.client
        with html.div().classes('fy-head'), html.div():
            html.h1('Outbox')
            self.count = plain_text('p', '\u00a0').classes('fy-muted fy-num')
        self._captures = notice(
            'warn',
            'No mail server is set up, so mail is kept here to be read. An owner can name one under Emails, or whoever '
            f'runs Foyer in the environment.{self._kept_from_the_reader()}',
            title='Mail is captured, not sent.',
            icon='inbox',
        )
        self._captures.set_visibility(deps().captures_mail)
        self.chips = chips('State', [('', 'All'), *((one, status_words()[one]) for one in STATES)], self._pick)
        self.chips.show(None, state)
        self.error = notice('bad', 'The outbox could not be read.', live=True)
        with self.error:
            button('Try again', small=True, on_click=self.load)
        self.error.set_visibility(False)
        self.card = html.section().classes('fy-card').props('aria-label=Mail')
        with self.card:
            self.table = Table(
                'Mail',
                [Column('Mail'), Column('State', '124px', on_phone=False), Column('Last answer', '21%', on_phone=False),
                 Column('Tries', '52px', on_phone=False), Column('When', '72px', on_phone=False),
                 Column('Actions', '222px', on_phone=False, hidden_label=True)],
                on_act=self._act,
            )  # fmt: skip
            with html.div().classes('fy-pager') as self.strip:
                self.words = plain_text('span', '').classes('fy-grow fy-num')
                self.older = button('Load older', small=True, on_click=self._load_older)
                self.older.set_visibility(False)
        self.empty = html.section().classes('fy-card')
        self.empty.set_visibility(False)
        self.dialogs = html.div()
        self._mails: dict[int, MailRow] = {}
        self.address = AddressBar(self._back)
        self.address.begin({'state': state})
        refresher = Refresher(lambda change: self.load(settled=False, change=change))
        for kind in (MailChanged, MailsChanged):
            live.on(kind, refresher.ask)
        live.on(MailServerChanged, self._server_changed)

    async def _server_changed(self, _: MailServerChanged) -> None:
        """What can be read, and what tried again, is another matter now."""
        self._captures.set_visibility(deps().captures_mail)
        await self.load(settled=False)

    def _kept_from_the_reader(self) -> str:
        if may(self.actor, Permission.READ_PERSONAL_MAIL):
            return ''
        return ' What lets its reader choose a password, confirm an address or join the team is read by an owner.'

    # ── What the reader does ────────────────────────────────────────────────

    async def _pick(self, state: str) -> None:
        self.state, self.wanted = state, STEP
        self.address.show({'state': state}, step=True)
        await self.load()

    async def _back(self, query: dict[str, str]) -> None:
        state = query.get('state', '')
        self.state, self.wanted = state if state in STATES else '', STEP
        await self.load()

    async def _load_older(self) -> None:
        self.wanted = min(MOST, self.wanted + STEP)
        await self.load()

    async def _act(self, row: str, act: str) -> None:
        mail_id = int(row)
        try:
            match act:
                case 'retry':
                    await retry_mail(deps(), self.actor, mail_id)
                    toast('It will be tried again now.')
                case 'cancel':
                    self._ask_before_cancelling(mail_id)
                case 'read':
                    with self.dialogs:
                        await open_mail_dialog(self.actor, mail_id)
        except DomainError as error:
            toast(say(error), kind='bad')
            await self.load(settled=False)

    def _ask_before_cancelling(self, mail_id: int) -> None:
        mail = self._mails.get(mail_id)
        if mail is None:
            return

        async def cancel() -> None:
            await cancel_mail(deps(), self.actor, mail_id)
            toast('Cancelled. This mail will not be sent.')

        words = f'“{mail.subject}” to {mail.to_address} is not sent, now or later. It cannot be brought back.'
        with self.dialogs:
            ask_first('Cancel this mail?', words, 'Cancel mail', cancel)

    async def _invite(self) -> None:
        with self.dialogs:
            await open_invite_dialog(self.actor)

    # ── What it shows ───────────────────────────────────────────────────────

    async def first_look(self) -> None:
        """Fill the page before it is sent, unless that takes long: then it is sent as it is and filled afterwards."""

        async def read() -> None:
            with self._client:
                await self.load()

        await asyncio.wait({background_tasks.create(read(), name='first look')}, timeout=FIRST_LOOK)

    async def load(self, *, settled: bool = True, change: Event | None = None) -> None:
        """Read and show. Only the newest of several readings is shown; `settled` as for `Table.show`.

        `change` is what other tabs read again for at the same time.
        """
        self._asked += 1
        asked = self._asked
        shown = asyncio.create_task(self._show_work(asked)) if settled else None
        try:
            counts = await mail_by_state.get(change, '')
            rows, more = await self._read()
            if asked == self._asked:
                self._show(counts, rows, more=more, settled=settled)
        except SignedOut:
            return  # the page is being closed
        except Exception:
            log.exception('the outbox could not be read')
            if asked == self._asked and settled:
                self.error.set_visibility(True)
                self.card.set_visibility(False)
                self.empty.set_visibility(False)
        finally:
            if shown:
                shown.cancel()
            if asked == self._asked:
                self.table.set_busy(False)

    async def _read(self) -> tuple[list[MailRow], bool]:
        """As many rows as are wanted, and whether there are older ones."""
        rows: list[MailRow] = []
        before: int | None = None
        while True:
            page = await list_mail(
                deps(), self.actor, state=self.state or None, before_id=before, limit=self.wanted - len(rows)
            )
            rows += page.rows
            before = page.next_before_id
            if before is None or len(rows) >= self.wanted:
                return rows, before is not None

    async def _show_work(self, asked: int) -> None:
        await asyncio.sleep(PATIENCE)
        if asked == self._asked:
            self.table.set_busy(True)

    def _show(self, counts: MailCounts, rows: list[MailRow], *, more: bool, settled: bool) -> None:
        self._mails = {one.id: one for one in rows}
        by_state = asdict(counts)
        total = sum(by_state.values())
        self.error.set_visibility(False)
        self.count.set_text(_summary(total, counts))
        self.chips.show({'': total, **by_state}, self.state)
        manages = may(self.actor, Permission.MANAGE_OUTBOX)
        self.table.show([_row(one, manages=manages) for one in rows], settled=settled)
        shown_of = by_state[self.state] if self.state else total
        self.words.set_text(f'{len(rows):,} of {max(shown_of, len(rows)):,}, newest first')
        self.older.set_visibility(more and self.wanted < MOST)
        self.card.set_visibility(bool(rows))
        self.empty.set_visibility(not rows)
        self.empty.clear()
        if not rows:
            with self.empty:
                self._teach(total)

    def _teach(self, total: int) -> None:
        if total:
            with empty_state('No mail in this state', 'It shows here as soon as there is one.', art=False):
                button('Show all mail', on_click=lambda: self._pick(''))
            return
        with empty_state('No mail yet', 'Invitations and login emails stand here, with what became of each.'):
            button('Invite to Client Portal', kind='primary', icon='user-plus', on_click=self._invite)


def _summary(total: int, counts: MailCounts) -> str:
    """How many there are, and what of them wants attention."""
    parts = [several(total, 'mail')]
    for number, words in (
        (counts.queued + counts.sending, 'waiting'), (counts.captured, 'captured'), (counts.failed, 'failed')
    ):  # fmt: skip
        if number:
            parts.append(f'{number:,} {words}')
    return ', '.join(parts)


def _row(mail: MailRow, *, manages: bool) -> Row:
    to = Text(mail.to_address, 'strong')
    about = mail.subject
    if mail.contact_id is not None:
        to = Text(mail.contact_name or mail.to_address, 'strong', href=f'/staff/contacts/{mail.contact_id}')
        about = f'{mail.to_address} · {mail.subject}' if to.text != mail.to_address else mail.subject
    state: list[tuple[Piece, ...]] = [(Badge(mail.state.value),)]
    if mail.next_try_at is not None and (mail.tries or mail.last_answer):
        state.append((Moment(mail.next_try_at, prefix='Next try '),))
    lines: list[tuple[Piece, ...]] = [
        (Text(f'{mail_kind_words(mail.kind)} to ', 'muted'), to),
        (Text(about),),
        (Badge(mail.state.value, phone='only'), Text(' ', phone='only'), Moment(mail.created_at, phone='only')),
    ]
    if mail.last_answer:
        lines.append((Text(mail.last_answer, phone='only'),))
    return Row(
        key=str(mail.id),
        name=mail.subject,
        cells=(
            Cell(tuple(lines)),
            Cell(tuple(state)),
            Cell(((Text(mail.last_answer or '–', 'muted'),),), wraps=True),
            Cell(((Text(str(mail.tries), 'muted'),),)),
            Cell(((Moment(mail.created_at, look='muted'),),)),
            Cell(()),
        ),
        buttons=_acts(mail) if manages else (),
    )


def _acts(mail: MailRow) -> tuple[Act, ...]:
    acts = []
    if mail.can_read:
        acts.append(Act('read', 'Read'))
    if mail.can_retry:
        acts.append(Act('retry', 'Retry'))
    if mail.can_cancel:
        acts.append(Act('cancel', 'Cancel'))
    return tuple(acts)
