"""The portal's door as whoever comes without a way in sees it, for staff to look at."""

from nicegui import html

from domain.language import gettext as _
from ui.components.basics import button, card, text_field


def portal_door(*, has_passwords: bool, is_locked: bool = True) -> None:
    """The sheet that stands on the sign-in page; with passwords, the way to them too.

    Nothing in it can be used, and it shows so, unless the pane it stands in sees to that (`is_locked=False`).
    """
    with card().classes('fy-door-card'):
        with html.div():
            html.h1(_('Welcome'))
            html.p(_('We will email you a link that signs you in.'))
        controls = [text_field(_('Email')), button(_('Email me a sign-in link'), kind='primary').classes('fy-block')]
        if has_passwords:
            controls.append(button(_('Use a password'), kind='ghost').classes('fy-block'))
        if is_locked:
            for control in controls:
                control.disable()
