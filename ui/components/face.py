"""Initials on a soft colour that is always the same for the same name."""

from typing import Literal
from zlib import crc32

from nicegui import ui as nui

from ui.components.words import plain_text


def initials(name: str) -> str:
    """The first letter of the first and of the last word that has one."""
    words = [word for word in name.partition('@')[0].split() if word[0].isalnum()]
    return (words[0][0] + (words[-1][0] if len(words) > 1 else '')).upper() if words else '?'


def hue_class(name: str) -> str:
    """One of the six hues of the stylesheet."""
    return f'h{crc32(name.casefold().encode()) % 6 + 1}'


def face(name: str, kind: str = 'person', size: Literal['s', 'm', 'l'] = 'm') -> nui.element:
    """Initials: round for a person, square for an organisation. The name itself has to stand beside it."""
    shape = 'org' if kind == 'organisation' else ''
    element = plain_text('span', initials(name))
    element.classes(f'fy-face {hue_class(name)} {shape} {size if size != "m" else ""}')
    element.props['aria-hidden'] = 'true'
    return element
