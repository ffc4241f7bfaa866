"""Subject and body of one kind of mail, with the merge fields they may hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nicegui import html

from domain.errors import DomainError
from domain.mail.own_words import LONGEST_BODY, LONGEST_SUBJECT, fields_of
from domain.mail.states import MailKind
from domain.portal.email_texts import EmailText, faults_of, save_email_text, use_default_text
from ui.components.basics import button, card, plain_text, text_field, toast
from ui.components.merge_fields import MergeFields
from ui.dependencies import deps
from ui.messages import say
from ui.staff.ask_first import ask_first
from ui.staff.sayings_mail import kinds_of_text

if TYPE_CHECKING:
    from ui.staff.emails import EmailsPage

HOW = (
    'A blank line begins a paragraph, **two stars** make words bold. {% if message %} … {% endif %} stands only where '
    'there is one. The button and the plain address are always in the mail, also where you leave the link out.'
)
IN_A_NOTICE = 'In a notice, {{ message }} is what has happened: its heading in the subject, all of it in the text.'


class EmailEditor:
    def __init__(self, page: EmailsPage) -> None:
        """Build it; `show` fills it."""
        self._page = page
        self._drafts: dict[tuple[str, str], tuple[str, str]] = {}  # by kind and language: what was typed and not saved
        self._saved = ('', '')
        with card('Words') as sheet, html.form().classes('fy-stack') as form:
            form.on('submit', js_handler='(event) => event.preventDefault()')
            self.subject = text_field('Subject', autocomplete='off', longest=LONGEST_SUBJECT * 2)
            self.body = text_field('Text', kind='textarea', autocomplete='off', longest=LONGEST_BODY * 2)
            self.body.classes('fy-words').props('autogrow spellcheck=true')
            for field in (self.subject, self.body):
                field.on_value_change(self._typed)
            self._fields = MergeFields('Merge fields', (), (self.subject, self.body))
            plain_text('p', HOW).classes('fy-sm fy-muted')
            self._about_notices = plain_text('p', IN_A_NOTICE).classes('fy-sm fy-muted')
            with html.div().classes('fy-row wrap').style('justify-content: flex-end'):
                self._back = button('Back to default', icon='rotate-ccw', kind='danger', on_click=self._ask_back)
                self._discard = button('Discard changes', on_click=self._throw_away)
                button('Save', kind='primary', submit=True, on_click=self._save)
        with sheet.header:
            self._state = plain_text('span', '').classes('fy-badge plain')

    @property
    def typed(self) -> tuple[str, str]:
        """Subject and body as they stand in the fields."""
        return self.subject.value or '', self.body.value or ''

    @property
    def is_changed(self) -> bool:
        """Whether something stands there that is not saved."""
        return self.typed != self._saved

    def forget(self) -> None:
        """What was typed may go."""
        self._saved = self.typed

    def put_aside(self) -> None:
        """Another kind or language is looked at next; what was typed is there when one comes back."""
        if self.is_changed:
            self._drafts[self._page.kind, self._page.language] = self.typed
        else:
            self._drafts.pop((self._page.kind, self._page.language), None)

    def show(self, text: EmailText) -> None:
        """The words of this kind and language, or what was typed of them before."""
        kind = text.words.kind
        self._saved = text.words.subject, text.words.body
        self._put(self._drafts.pop((kind, text.words.language), self._saved))
        self._fields.show(fields_of(kind, 'body'))
        self._about_notices.set_visibility(kind == MailKind.NOTICE)
        self._show_state(text)

    def follow(self, text: EmailText) -> None:
        """The words that are saved are others now: they stand here unless something is being typed."""
        untouched = not self.is_changed
        self._saved = text.words.subject, text.words.body
        if untouched:
            self._put(self._saved)
        self._show_state(text)

    def _put(self, words: tuple[str, str]) -> None:
        self.subject.value, self.body.value = words
        self.subject.clear_error()
        self.body.clear_error()

    def _show_state(self, text: EmailText) -> None:
        self._state.set_text('Your words' if text.is_own else 'Default')
        self._back.set_visibility(text.is_own)
        self._discard.set_visibility(self.is_changed)

    def _typed(self) -> None:
        self.subject.clear_error()
        self.body.clear_error()
        self._discard.set_visibility(self.is_changed)
        self._page.preview.ask()

    def _throw_away(self) -> None:
        self._put(self._saved)

    def refuses(self) -> bool:
        """Say what is wrong with what is typed, at each field where something is; whether anything is."""
        faults = faults_of(self._page.kind, *self.typed)
        wrong = [(getattr(self, field), error) for field, error in faults.items()]
        for field, error in wrong:
            field.show_error(say(error))
        if wrong:
            wrong[0][0].run_method('focus')
        return bool(wrong)

    async def _save(self) -> None:
        if self.refuses():
            return
        sent = self.typed
        try:
            text = await save_email_text(deps(), self._page.actor, self._page.kind, *sent, self._page.language)
        except DomainError as error:
            toast(say(error), kind='bad')
            return
        if self.typed == sent:
            self._saved = sent  # what was tidied in saving is shown
        self._page.saved(text)
        toast('Saved. Mail from now on says this; what waits already stays as it is.')

    def _ask_back(self) -> None:
        name = kinds_of_text()[self._page.kind]

        async def back() -> None:
            self.forget()
            page = self._page
            page.saved(await use_default_text(deps(), page.actor, page.kind, page.language))
            toast('The default words are used again.')

        ask_first(
            'Back to default?',
            f'The mail “{name}” says again what Foyer brings along. Your words stay in the history.',
            'Back to default',
            back,
        )
