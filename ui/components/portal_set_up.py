"""What a client meets before everything else while a second factor is asked for and not set up, as staff see it."""

from nicegui import html

from domain.contacts.client_home import ClientHome
from domain.language import gettext as _
from domain.portal.branding import Brand
from ui.brand import name_of
from ui.components.basics import plain_text
from ui.components.portal_home import portal_bar
from ui.components.two_factor import enrolment_sheet, required_notice


def set_up_words() -> tuple[str, str]:
    """The heading of the page, and the sentence beneath it."""
    return (
        _('Two-factor authentication'),
        _('A second proof that it is you: a six-digit code from an app on your phone.'),
    )


def portal_set_up(home: ClientHome, brand: Brand) -> None:
    """The whole page. Nothing in it can be used, and the key is the client's alone: none is made, none stands there."""
    title, sentence = set_up_words()
    portal_bar(home, brand, None, is_held=True)
    with html.div().classes('fy-portal fy-portal-narrow'):
        with html.div():
            plain_text('h1', title)
            plain_text('p', sentence)
        required_notice(name_of(brand.firm_name))
        enrolment_sheet(None)
