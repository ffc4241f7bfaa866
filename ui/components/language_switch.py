"""The other languages of the portal, each called what those who speak it call it."""

from nicegui import html
from nicegui import ui as nui

from domain.language import LANGUAGE_NAMES, language_in_use

DOOR = '/language'


def other_languages() -> dict[str, str]:
    """Those the reader does not read now, and their names."""
    return {language: name for language, name in LANGUAGE_NAMES.items() if language != language_in_use.get()}


def language_switch() -> None:
    """A button for each, at the foot of a door."""
    with nui.element('form').props(f'method=post action={DOOR}').classes('fy-languages'):
        for language, name in other_languages().items():
            with nui.element('button').props(f'type=submit name=language value={language} lang={language}'):
                html.span(name)


def unseen_language_forms() -> None:
    """What the entries of a menu post, by `script_to_speak`."""
    for language in other_languages():
        with nui.element('form').props(f'method=post action={DOOR} id=speak-{language} hidden'):
            nui.element('input').props(f'type=hidden name=language value={language}')


def script_to_speak(language: str) -> str:
    """Post the form of this language."""
    return f"() => document.getElementById('speak-{language}').submit()"
