"""What a change of the security mode would do, when it is to happen, and the question before it does."""

from datetime import datetime
from typing import TYPE_CHECKING

from nicegui import context, html
from nicegui import ui as nui

from domain.access.security_mode import ModeChange, change_mode, check_date
from domain.access.security_policy import SecurityMode
from domain.errors import DateInPast, DateTooFar, DomainError
from ui.components.basics import button, card, dialog, plain_text, toast
from ui.components.moment_field import MomentField
from ui.components.when import When
from ui.components.words import PlainText
from ui.dependencies import deps
from ui.messages import say
from ui.staff.confirm import with_fresh_sign_in
from ui.staff.security_words import Change, cells, consequence, did, effects, mail_label, question

if TYPE_CHECKING:
    from ui.staff.security import SecurityPage


class ChangeCard:
    def __init__(self, page: 'SecurityPage') -> None:
        """Build it in the page, hidden until something else than what is in force is chosen."""
        self._page, self._client = page, context.client
        self._change: Change | None = None
        self._later = False
        with card('What this change does') as self._card:
            with html.div().classes('fy-preview'):
                self._cells = [self._cell() for _ in range(4)]
            self._sentence = plain_text('p', '').classes('fy-muted')
            self._build_when()
            self._mail = nui.checkbox('').style('margin-left: -4px')
        with self._card.header, html.div().classes('fy-row hug tight fy-push fy-xs fy-muted'):
            html.span().classes('fy-live').props('aria-hidden=true')
            html.span('Live numbers')
        with self._card.foot:
            plain_text('span', 'Nothing changes until you save.').classes('fy-grow fy-sm fy-muted')
            button('Discard', kind='ghost', on_click=self._discard)
            button('Save change', kind='primary', on_click=self._save)

    def _cell(self) -> tuple[PlainText, PlainText]:
        with html.div():
            number = plain_text('b', '–')
            return number, plain_text('span', '')

    def _build_when(self) -> None:
        with html.div().classes('fy-row wrap top'):
            with html.div().classes('fy-stack snug').style('width: auto'):
                label = plain_text('div', 'Takes effect').classes('fy-sm fy-strong')
                with html.div().classes('fy-seg tall').props('role=group') as group:
                    group.props['aria-labelledby'] = label.html_id
                    self._now = button('Now', on_click=lambda: self._when(later=False))
                    self._from = button('From a date', on_click=lambda: self._when(later=True))
            self._date = MomentField('Date').style('flex: 0 1 240px')
        self._when(later=False)

    def _when(self, *, later: bool) -> None:
        self._later = later
        self._now.props['aria-pressed'] = 'false' if later else 'true'
        self._from.props['aria-pressed'] = 'true' if later else 'false'
        self._date.set_visibility(later)
        self._words()

    def show(self, old: SecurityMode, new: SecurityMode) -> None:
        """For this change; the numbers follow."""
        self._card.set_visibility(old is not new)
        if self._change and (self._change.old, self._change.new) != (old, new):
            self._change = None
            self._mail.value = False
            for number, _ in self._cells:
                number.set_text('–')

    def count(self, change: Change) -> None:
        """The numbers, as they are now."""
        self._change = change
        for (number, words), (name, label, value) in zip(self._cells, cells(change), strict=True):
            number.props['data-testid'] = f'preview-{name}'
            number.set_text(f'{value:,}')
            words.set_text(label)
        self._words()

    def _words(self) -> None:
        if self._change is None:
            return
        self._sentence.set_text(consequence(self._change, later=self._later))
        self._mail.set_text(mail_label(self._change))
        self._mail.set_enabled(bool(self._change.numbers.mails))

    def _discard(self) -> None:
        self._forget()
        self._page.discard()

    def _forget(self) -> None:
        self._change = None
        self._mail.value = False
        self._date.empty()
        self._when(later=False)

    # ── Saving ──

    def _save(self) -> None:
        if self._change is None:
            return
        if self._later and self._date.at is None:
            self._fault('Please choose a day and a time of day.')
            return
        if self._later and self._date.at is not None:
            try:
                check_date(deps().clock.now(), self._date.at)
            except (DateInPast, DateTooFar) as error:
                self._fault(say(error))
                return
        self._ask(self._change)

    def _fault(self, words: str) -> None:
        self._date.show_error(words)
        self._date.focus()

    def _ask(self, change: Change) -> None:
        """In numbers, as they are at the moment of asking."""
        at = self._date.at if self._later else None
        notify = bool(self._mail.value) and bool(change.numbers.mails)

        async def go() -> None:
            if await self._do(change, at, notify=notify):
                asked.close()

        with dialog(question(change)) as asked:
            if at is not None:
                with html.p():
                    plain_text('span', 'From ')
                    When(at, 'weekday')
                    plain_text('span', ', by your clock:')
            with html.ul().classes('fy-list'):
                for line in effects(change, later=at is not None, mail=notify):
                    plain_text('li', line)
        with asked.foot:
            button('Keep it as it is', on_click=asked.close)
            button('Change now' if at is None else 'Plan change', kind='primary', on_click=go)
        asked.on('hide', asked.delete)
        asked.open()

    async def _do(self, change: Change, at: datetime | None, *, notify: bool) -> bool:
        """Whether the question is answered: done, or refused for good."""
        done: list[ModeChange] = []

        async def act() -> None:
            done.append(await change_mode(deps(), self._page.actor, change.new, from_when=at, notify=notify))

        try:
            await with_fresh_sign_in(self._page.actor, act)
        except (DateInPast, DateTooFar) as error:
            self._fault(say(error))
            return True
        except DomainError as error:
            toast(say(error), kind='bad')
            return True
        if not done:
            return False
        if self._client.is_deleted:
            return True
        self._forget()
        self._page.saved()
        toast(did(done[0]))
        return True
