"""On the dashboard: where the portal is, to be copied, and what is wrong with its own domain, as long as it is."""

from nicegui import html
from nicegui import ui as nui

from domain.actors import StaffActor
from domain.authorization import Permission, may
from domain.events import Event, MissedSome, PortalMoved
from domain.portal.domain_mail import PAGE
from domain.portal.host_names import readable_host
from ui import live
from ui.components.basics import badge, button, plain_text
from ui.components.copy_button import CopyButton
from ui.components.part import Part
from ui.dependencies import deps
from ui.staff.reach import only_here
from ui.theme import icon


class AddressCard:
    def __init__(self, actor: StaffActor) -> None:
        """Build it in the page."""
        self._actor = actor
        self._notice_box = html.div()
        self._notice = Part(self._notice_box, self._show_notice)
        with html.div().classes('fy-card'), html.div().classes('fy-url') as url:
            self._url = Part(url, _url)
        live.on(PortalMoved, self._show)
        live.on(MissedSome, self._show)
        self._show()

    def _show(self, _: Event | None = None) -> None:
        known = deps().whereabouts
        self._notice_box.set_visibility(known.is_broken)
        self._notice.show(readable_host(known.host), deps().settings.public_url)
        self._url.show(deps().portal_url, only_here())

    def _show_notice(self, broken: str, base_url: str) -> None:
        with html.div().classes('fy-notice wrap bad').props('role=status'):
            nui.icon(icon('circle-alert')).props('aria-hidden=true')
            with html.div().classes('fy-grow'):
                plain_text('b', f'{broken} does not work any more.').classes('fy-strong')
                plain_text('span', f' Until it is mended, links lead to {base_url}.')
            if may(self._actor, Permission.CHANGE_SETTINGS):
                button('See what is wrong', small=True).props(f'href={base_url}{PAGE}')


def _url(url: str, is_only_here: bool) -> None:
    nui.icon(icon('globe')).style('font-size: 18px; color: var(--muted)').props('aria-hidden=true')
    with html.div().classes('fy-grow fy-cut'):
        link = html.a(url)
        link.props.update({'href': url, 'target': '_blank', 'rel': 'noopener'})
    if is_only_here:
        badge('invite_expired', 'This machine only')
    else:
        badge('joined', 'Active').classes('fy-hide-phone')
    CopyButton('Copy URL', url, small=True)
