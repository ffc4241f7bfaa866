"""The portal, the door and a mail as they would look: the true pages, in small, beside the fields that change them."""

from datetime import timedelta

from nicegui import html
from nicegui import ui as nui

from domain.access.security_policy import policy_at
from domain.access.sign_in_codes import CODE_LIFETIME
from domain.contacts.client_home import ClientHome, Served
from domain.mail import messages
from domain.mail.paper import picture_in_place
from domain.portal.branding import Brand, letterhead_of
from domain.portal.email_samples import CODE
from domain.portal.portal_settings import read_portal
from ui.components.basics import button
from ui.components.mail_sheet import MailSheet
from ui.components.part import Part
from ui.components.portal_door import portal_door
from ui.components.portal_home import portal_home
from ui.components.words import plain_text
from ui.dependencies import deps
from ui.frame import door_frame
from ui.theme import accent_css

SOMEBODY = Served(0, 'Ann Example', 'person', 'Example & Sons')
HOME = ClientHome((SOMEBODY,), SOMEBODY, 'ann@example.org', 'Ann', None, '')
PANES = {'portal': 'Portal', 'door': 'Sign-in page', 'mail': 'Mail'}


class BrandPreviews:
    def __init__(self) -> None:
        """Build them; `show` fills them. Nothing in them can be used."""
        self._tabs: dict[str, nui.button] = {}
        self._panes: dict[str, nui.element] = {}
        self._screens: dict[str, nui.element] = {}
        with html.section().classes('fy-previews').props('aria-label="Preview"'):
            with html.div().classes('fy-seg tall fy-preview-tabs').props('role=group aria-label="What to preview"'):
                for key, words in PANES.items():
                    self._tabs[key] = button(words, on_click=lambda key=key: self._choose(key))
            with html.div().classes('fy-panes'):
                for key, words in PANES.items():
                    self._pane(key, words)
        self._portal = Part(self._screens['portal'], _portal)
        self._door = Part(self._screens['door'], _door)
        with self._screens['mail']:
            self._mail = MailSheet('A mail as it would look')
        self._choose('portal')

    def _pane(self, key: str, words: str) -> None:
        with html.figure().classes('fy-pane') as pane:
            plain_text('figcaption', words).classes('fy-over')
            with html.div().classes('fy-screen fy-accent-scope').props('inert') as screen:
                screen.props['data-preview'] = key
        self._panes[key], self._screens[key] = pane, screen

    def _choose(self, chosen: str) -> None:
        """Where there is room for one only."""
        for key, tab in self._tabs.items():
            tab.props['aria-pressed'] = 'true' if key == chosen else 'false'
            self._panes[key].classes(**({'add': 'chosen'} if key == chosen else {'remove': 'chosen'}))

    async def show(self, brand: Brand) -> None:
        """How it would look. `brand` holds only what may be shown."""
        written = messages.sign_in(
            letterhead=await letterhead_of(brand),
            link=f'{deps().portal_url}/sign-in/link/…',
            link_lifetime=timedelta(minutes=(await read_portal()).sign_in_link_minutes),
            code=CODE,
            code_lifetime=CODE_LIFETIME,
            first_name=HOME.greeting_name,
        )
        mail = await picture_in_place(written.html)
        policy = await policy_at(deps().clock.now())
        for screen in self._screens.values():
            screen.style(replace=accent_css(brand.colour))
        self._portal.show(brand)
        self._door.show(brand, policy.passwords_work)
        self._mail.show(mail)


def _portal(brand: Brand) -> None:
    with html.div().classes('fy-client'):
        portal_home(HOME, brand, None)


def _door(brand: Brand, has_passwords: bool) -> None:
    with door_frame(brand, follows=False):
        portal_door(has_passwords=has_passwords, is_locked=False)
