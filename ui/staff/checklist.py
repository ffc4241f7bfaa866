"""The first steps of a new firm, done in place. Each is ticked by what really happened; no reload starts it again."""

from nicegui import html
from nicegui import ui as nui

from domain.actors import StaffActor
from domain.errors import DomainError
from domain.events import Event
from domain.portal.checklist import Checklist, put_checklist_away, read_checklist, send_test_mail
from domain.portal.portal_settings import name_firm, read_portal
from ui.components.basics import button, card, plain_text, text_field, toast
from ui.dependencies import deps
from ui.messages import say
from ui.staff.invite_dialog import open_invite_dialog
from ui.staff.mail_fate import MailFate
from ui.staff.once_per_change import OncePerChange
from ui.theme import icon

LONGEST_TYPED = 400  # more than fits may be typed, so that the error can be read and nothing is cut off


async def _read(_: str) -> tuple[Checklist, str]:
    return await read_checklist(), (await read_portal()).firm_name


_shared = OncePerChange(_read)


class Step:
    """One row: a number that becomes a tick, a title, a sentence, and room for what is to be done."""

    def __init__(self, number: int, title: str, text: str) -> None:
        with html.li().classes('fy-row top wrap').style('padding: var(--s4) var(--s5)') as self.row:
            with (
                html.span().classes('fy-n').style('margin: 1px 0 0; flex: none').props('aria-hidden=true') as self.mark
            ):
                self._number = plain_text('span', str(number))
                self._tick = nui.icon(icon('check')).style('font-size: 13px')
            with html.div().style('flex: 1 1 220px; min-width: 0'):
                with html.div().classes('fy-strong'):
                    plain_text('span', title)
                    self._done = plain_text('span', ' – done').classes('fy-sr')
                self._text = plain_text('div', text).classes('fy-sm fy-muted')
                self.below = html.div().style('margin-top: var(--s3)')
            self.action = html.div().style('padding-left: 34px')  # under the words, where it does not fit beside them
        self.below.set_visibility(False)

    def show(self, *, done: bool, now: bool, text: str | None = None) -> None:
        """Tick it or not; `now` marks the step to do next."""
        self.mark.classes(remove='done now', add='done' if done else 'now' if now else '')
        self._tick.set_visibility(done)
        self._number.set_visibility(not done)
        self._done.set_visibility(done)
        if text is not None:
            self._text.set_text(text)


class ChecklistCard:
    def __init__(self, actor: StaffActor, state: Checklist, firm_name: str) -> None:
        """Build the card."""
        self._actor = actor
        self._fate: MailFate | None = None
        with card('First steps', rows=True) as self.card, html.ol().classes('fy-rows').props('role=list'):
            self._name = Step(1, 'Name the firm', '')
            self._mail = Step(2, 'Send yourself a test mail', '')
            self._invite = Step(3, 'Invite the first client', '')
            self._watch = Step(4, 'Watch them join', '')
        with self.card.header:
            self._progress = plain_text('span', '').classes('fy-sm fy-muted').props('role=status')
            button('Put away', kind='ghost', small=True, on_click=self._put_away)
        self._build_name(firm_name)
        with self._mail.action:
            self._test = button('Mail me a test', icon='mail', small=True, on_click=self._send_test)
        with self._invite.action:
            self._ask_in = button(
                'Invite a client', icon='user-plus', small=True, on_click=lambda: open_invite_dialog(self._actor)
            )
        self.show(state, firm_name)

    def _build_name(self, firm_name: str) -> None:
        with self._name.below, html.form().classes('fy-row top tight').style('max-width: 420px') as self._form:
            self._form.on('submit', js_handler='(event) => event.preventDefault()')
            self._field = text_field(
                'Firm name', value=firm_name, autocomplete='organization', longest=LONGEST_TYPED
            ).classes('fy-grow')
            self._field.on_value_change(self._field.clear_error)
            save = button('Save', submit=True, on_click=self._save_name).style('margin-top: 26px')
            save.props['form'] = self._form.html_id

    async def follow(self, event: Event) -> None:
        """Something changed: how far is the firm now?"""
        state, firm_name = await _shared.get(event, '')
        self.show(state, firm_name)

    def show(self, state: Checklist, firm_name: str) -> None:
        """Tick what is done; gone once it was put away."""
        self.card.set_visibility(not state.put_away)
        done = (state.firm_named, state.test_mail_sent, state.client_invited, state.client_joined)
        nxt = next((place for place, is_done in enumerate(done) if not is_done), None)
        named = f'You are {firm_name}.' if firm_name else 'Clients see it on every page and in every mail.'
        self._name.show(done=done[0], now=nxt == 0, text=named)
        self._name.below.set_visibility(not done[0])
        self._mail.show(done=done[1], now=nxt == 1, text=self._mail_words(sent=done[1]))
        self._test.set_visibility(not done[1] or self._fate is not None)
        self._invite.show(
            done=done[2],
            now=nxt == 2,
            text='Somebody has been asked in.'
            if done[2]
            else 'They get a mail with one button. No password to choose.',
        )
        self._ask_in.set_visibility(not done[2])
        self._watch.show(
            done=done[3],
            now=nxt == 3,
            text='The first client is in.' if done[3] else 'This ticks itself the moment they step in.',
        )
        self._progress.set_text('All done' if state.done == len(done) else f'{state.done} of {len(done)}')

    def _mail_words(self, *, sent: bool) -> str:
        if deps().captures_mail:
            return (
                'No mail server is set up yet, so it will wait in the Outbox.'
                if not sent
                else 'Captured in the Outbox.'
            )
        return f'Written to {self._actor.email}.' if sent else f'It goes to {self._actor.email}, in a few seconds.'

    # ── Doing them ──

    async def _save_name(self) -> None:
        try:
            await name_firm(deps(), self._actor, self._field.value or '')
        except DomainError as error:
            self._field.show_error(say(error))
            self._field.run_method('focus')

    async def _send_test(self) -> None:
        try:
            mail_id = await send_test_mail(deps(), self._actor)
        except DomainError as error:
            toast(say(error), kind='bad')
            return
        if self._fate:
            self._fate.stop()
        self._mail.below.clear()
        with self._mail.below:
            self._fate = MailFate(self._actor, mail_id)
        self._mail.below.set_visibility(True)
        self._test.set_visibility(True)
        self._test.set_text('Mail me another')
        await self._fate.look()

    async def _put_away(self) -> None:
        try:
            await put_checklist_away(deps(), self._actor)
        except DomainError as error:
            toast(say(error), kind='bad')
            return
        self.card.set_visibility(False)
        toast('Put away. Everything in it can be done from the pages themselves.')
