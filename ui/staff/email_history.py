"""What a kind of mail said before: who saved it, when, and a button that uses it again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nicegui import html

from domain.errors import DomainError
from domain.portal.email_texts import MOST_SHOWN, EmailText, Version, restore_email_text
from ui.components.basics import button, card, plain_text, toast
from ui.components.part import Part
from ui.components.when import When
from ui.dependencies import deps
from ui.messages import say
from ui.staff.ask_first import ask_first

if TYPE_CHECKING:
    from ui.staff.emails import EmailsPage


class EmailHistory:
    def __init__(self, page: EmailsPage) -> None:
        """Build it; `show` fills it."""
        self._page = page
        with card('History', rows=True) as sheet:
            self._rows = Part(sheet.body, self._fill)

    def show(self, text: EmailText) -> None:
        """The versions, the newest first."""
        self._rows.show(text.versions)

    def _fill(self, versions: tuple[Version, ...]) -> None:
        if not versions:
            plain_text('p', 'Nothing was changed yet.').classes('fy-sm fy-muted').style('padding: var(--s4) var(--s5)')
        for number, version in enumerate(versions):
            self._row(version, is_now=number == 0)
        if len(versions) == MOST_SHOWN:
            plain_text('p', f'The newest {MOST_SHOWN} are shown.').classes('fy-sm fy-muted').style(
                'padding: var(--s3) var(--s5)'
            )

    def _row(self, version: Version, *, is_now: bool) -> None:
        with html.div().classes('fy-row').style('padding: var(--s3) var(--s5)'):
            with html.div().classes('fy-grow').style('min-width: 0'):
                plain_text('div', version.words.subject if version.words else 'Default').classes('fy-strong fy-cut')
                with html.div().classes('fy-sm fy-muted'):
                    plain_text('span', f'{version.made_by_name} · ')
                    When(version.created_at, 'datetime')
            if is_now:
                plain_text('span', 'Now in use').classes('fy-badge plain')
            else:
                restore = button('Restore', small=True, on_click=lambda: self._restore(version))
                restore.props['aria-label'] = f'Restore “{version.words.subject if version.words else "Default"}”'

    async def _restore(self, version: Version) -> None:
        if self._page.editor.is_changed:
            ask_first(
                'Use these words?',
                'What you have typed and not saved is replaced by this version.',
                'Replace',
                lambda: self._use(version),
            )
            return
        try:
            await self._use(version)
        except DomainError as error:
            toast(say(error), kind='bad')

    async def _use(self, version: Version) -> None:
        text = await restore_email_text(deps(), self._page.actor, version.id)
        self._page.editor.forget()
        self._page.saved(text)
        toast('Restored. Mail from now on says this.')
