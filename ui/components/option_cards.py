"""One of a few, each with a sentence: a card for every choice, as a group of radio buttons."""

from collections.abc import Callable, Sequence
from typing import Any

from nicegui import html

from ui.components.words import plain_text

_KEYS = """(event) => {
    const steps = {ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1};
    const radio = event.currentTarget;
    const all = [...radio.parentElement.querySelectorAll('[role=radio]')];
    let next = null;
    if (event.key in steps) next = all[(all.indexOf(radio) + steps[event.key] + all.length) % all.length];
    else if (event.key === ' ') next = radio;
    else if (event.key === 'Enter') {
        const send = [...(radio.closest('form')?.elements ?? [])].find((one) => one.type === 'submit');
        if (send) { event.preventDefault(); send.click(); return; }
        next = radio;
    }
    if (!next) return;
    event.preventDefault();
    next.focus();
    next.click();
}"""


class OptionCards:
    def __init__(self, label: str, options: Sequence[tuple[str, str, str]], on_pick: Callable[[str], Any]) -> None:
        """`options` are key, title and sentence; the title is the name of the radio button.

        Arrow keys choose; Enter chooses too, or in a form presses its button, as with any radio button.
        """
        self._cards: dict[str, html.div] = {}
        self._badges = {}
        with html.div().classes('fy-stack snug').props('role=radiogroup') as group:
            group.props['aria-label'] = label
            for key, title, sentence in options:
                with html.div().classes('fy-option').props('role=radio') as card:
                    html.span().classes('fy-radio').props('aria-hidden=true')
                    with html.div().classes('fy-grow'):
                        name = plain_text('div', title).classes('fy-strong')
                        described = plain_text('div', sentence).classes('fy-sm fy-muted')
                    badge = plain_text('span', '').classes('fy-badge plain')
                card.props['aria-labelledby'] = name.html_id
                card.props['aria-describedby'] = f'{described.html_id} {badge.html_id}'
                card.on('click', lambda _, key=key: on_pick(key), [])
                card.on('keydown', js_handler=_KEYS)
                self._cards[key], self._badges[key] = card, badge

    def show(self, chosen: str, badges: dict[str, str]) -> None:
        """Which one is chosen, and a word at the right of some."""
        for key, card in self._cards.items():
            card.props['aria-checked'] = 'true' if key == chosen else 'false'
            card.props['tabindex'] = '0' if key == chosen else '-1'
            self._badges[key].set_text(badges.get(key, ''))
            self._badges[key].set_visibility(key in badges)
