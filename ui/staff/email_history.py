"""What a kind of mail said before: who saved it, when, all of it to be looked at, and a button that uses it again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nicegui import html

from domain.errors import DomainError
from domain.portal.email_texts import MOST_SHOWN, EmailText, Version, restore_email_text
from ui.components.basics import button, card, dialog, plain_text, toast
from ui.components.part import Part
from ui.components.when import When
from ui.dependencies import deps
from ui.messages import say

if TYPE_CHECKING:
    from ui.staff.emails import EmailsPage

REPLACES = 'What you have typed and not saved is replaced by this.'


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
        name = _name_of(version)
        with html.div().classes('fy-row').style('padding: var(--s3) var(--s5)'):
            with html.div().classes('fy-grow').style('min-width: 0'):
                plain_text('div', name).classes('fy-strong fy-cut')
                with html.div().classes('fy-sm fy-muted'):
                    plain_text('span', f'{version.made_by_name} · ')
                    When(version.created_at, 'datetime')
            if is_now:
                plain_text('span', 'Now in use').classes('fy-badge plain')
            else:
                look = button('Look', small=True, on_click=lambda: self._look(version))
                look.props['aria-label'] = f'Look at “{name}”'

    def _look(self, version: Version) -> None:
        """All of it, and whether to use it again: mail says it from then on."""
        words = version.words or self._page.text.default

        async def use() -> None:
            try:
                await self._use(version)
            except DomainError as error:
                toast(say(error), kind='bad')
            shown.close()

        with dialog(words.subject, _name_of(version) if version.words is None else '') as shown:
            text = plain_text('div', words.body).classes('fy-mailplain')
            text.props('role=group tabindex=0 dir=auto aria-label="What it said"')
            if self._page.editor.is_changed:
                plain_text('p', REPLACES).classes('fy-notice warn')
        with shown.foot:
            button('Close', on_click=shown.close)
            button('Restore', kind='primary', on_click=use)
        shown.on('hide', shown.delete)
        shown.open()

    async def _use(self, version: Version) -> None:
        text = await restore_email_text(deps(), self._page.actor, version.id)
        self._page.editor.forget()
        self._page.saved(text)
        toast('Restored. Mail from now on says this.')


def _name_of(version: Version) -> str:
    return version.words.subject if version.words else 'Default'
