"""The doctor: where the domain stands, what to do next, and everything that was found, one thing a line."""

from collections.abc import Awaitable, Callable
from datetime import datetime

from nicegui import html
from nicegui import ui as nui

from domain.portal.custom_domain import OwnDomain
from ui.components.basics import badge, button, card, plain_text
from ui.components.part import Part
from ui.components.when import When
from ui.staff.domain_words import BADGES, Said, Tone, what_was_found, where_it_stands
from ui.theme import icon

ICONS: dict[Tone, str] = {
    'ok': 'check',
    'info': 'clock',
    'warn': 'triangle-alert',
    'bad': 'x',
    '': 'circle',
}
NOTICES: dict[Tone, str] = {'ok': 'circle-check', 'info': 'hourglass', 'warn': 'triangle-alert', 'bad': 'circle-alert'}


class DoctorCard:
    def __init__(self, on_look: Callable[[], Awaitable[None]]) -> None:
        """Build it in the page; shown while there is a domain. `on_look` has it looked at at once."""
        with card('How it stands', rows=True) as self._card:
            with html.div().classes('fy-body').props('role=status') as notice:
                self._notice = Part(notice, _notice)
            found = html.ul().classes('fy-found')
            found.props['aria-label'] = 'What was found'
            self._found = Part(found, _found)
        with self._card.header:
            state = html.span()
            self._state = Part(state, _badge)
        with self._card.foot:
            with html.div().classes('fy-grow fy-sm fy-muted') as looked:
                self._looked = Part(looked, _looked)
            button('Check now', icon='refresh-cw', small=True, on_click=on_look)

    def show(self, domain: OwnDomain, base_url: str, now: datetime) -> None:
        """The domain as it stands; nothing without one."""
        self._card.set_visibility(bool(domain.host))
        if domain.state is None:
            return
        self._state.show(*BADGES[domain.state])
        self._notice.show(where_it_stands(domain, base_url))
        self._found.show(*what_was_found(domain, now))
        self._looked.show(domain.looked_at, domain.next_look_at)


def _badge(look: str, word: str) -> None:
    badge(look, word)


def _notice(said: Said) -> None:
    with html.div().classes(f'fy-notice wrap {said.tone}'):
        nui.icon(icon(NOTICES[said.tone])).props('aria-hidden=true')
        with html.div().classes('fy-grow'):
            plain_text('b', said.title).classes('fy-strong')
            plain_text('span', f' {said.text}')


def _found(*found: Said) -> None:
    for said in found:
        with html.li().classes('fy-row').style('padding: var(--s3) var(--s5); flex-wrap: nowrap; align-items: start'):
            with html.span().classes(f'fy-dot {said.tone}').props('aria-hidden=true'):
                nui.icon(icon(ICONS[said.tone]))
            with html.div().classes('fy-grow').style('min-width: 0'):
                plain_text('div', said.title).classes('fy-strong')
                if said.text:
                    with html.div().classes('fy-sm fy-muted').style('overflow-wrap: anywhere'):
                        plain_text('span', said.text if said.until is None else f'{said.text} ')
                        if said.until is not None:
                            When(said.until, 'date')


def _looked(at: datetime | None, following: datetime | None) -> None:
    if at is None:
        html.span('Looking …')
        return
    When(at, 'ago', 'Last look ')
    if following is None:
        html.span(' · none to come until you ask for it')
    else:
        html.span(' · ')
        When(following, 'ago', 'next one ')
