"""The portal's door as whoever comes without a way in sees it. Nothing in it can be used."""

from nicegui import html

from domain.language import gettext as _
from ui.components.basics import button, card, text_field


def portal_door(*, has_passwords: bool) -> None:
    """The sheet that stands on the sign-in page; with passwords, the way to them too."""
    with card().classes('fy-door-card'):
        with html.div():
            html.h1(_('Welcome'))
            html.p(_('We will email you a link that signs you in.'))
        text_field(_('Email')).disable()
        button(_('Email me a sign-in link'), kind='primary').classes('fy-block').disable()
        if has_passwords:
            button(_('Use a password'), kind='ghost').classes('fy-block').disable()
