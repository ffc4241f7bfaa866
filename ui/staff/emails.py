"""`/staff/settings/emails`: the firm's words for each mail beside how they look, their history, and the mail server."""

from nicegui import html
from nicegui import ui as nui

from domain.actors import StaffActor
from domain.authorization import Permission
from domain.events import MailServerChanged, MailTextsChanged, SettingsChanged
from domain.language import DEFAULT_LANGUAGE, LANGUAGE_NAMES, known_language
from domain.mail.starting_words import KINDS
from domain.mail.states import MailKind
from domain.portal.email_texts import EmailText, read_email_text
from domain.portal.mail_server import read_mail_settings
from domain.portal.portal_settings import read_portal
from ui import live
from ui.components.basics import plain_text
from ui.components.chips import chips
from ui.components.refresher import Refresher
from ui.dependencies import deps
from ui.frame import staff_frame, staff_page
from ui.staff.email_editor import EmailEditor
from ui.staff.email_history import EmailHistory
from ui.staff.email_preview import EmailPreview
from ui.staff.mail_server_card import MailServerCard
from ui.staff.sayings_mail import kinds_of_text
from ui.staff.sender_check import SenderCheckCard
from ui.theme import asset

PATH = '/staff/settings/emails'
HOW_LANGUAGES = (
    'Each client gets its own language. Where you have no words in it, the mail says what Foyer brings along in that '
    'language, not your words in another one.'
)
STYLES = f'<link rel="stylesheet" href="{asset("emails.css")}">'


def register() -> None:
    """Register the page."""
    staff_page(PATH, title='Emails', permission=Permission.CHANGE_SETTINGS, waits=True)(emails_page)


async def emails_page(actor: StaffActor, kind: str = '', language: str = '') -> None:
    """The words of one kind of mail in one language; the invitation in English, unless the address names others."""
    chosen = MailKind(kind) if kind in {one.value for one in KINDS} else KINDS[0]
    text = await read_email_text(deps(), actor, chosen, known_language(language) or DEFAULT_LANGUAGE)
    settings = await read_mail_settings(deps(), actor)
    nui.add_head_html(STYLES)
    with staff_frame(actor, (await read_portal()).firm_name, here=PATH):
        page = EmailsPage(actor, text)
        MailServerCard(actor, settings)
        SenderCheckCard(actor)
    await page.preview.look()


class EmailsPage:
    def __init__(self, actor: StaffActor, text: EmailText) -> None:
        """Build it in the page. Whoever gets here has been let through by `read_email_text`."""
        self.actor, self.text = actor, text
        with html.div().classes('fy-head'), html.div():
            html.h1('Emails')
            html.p('What the mails to your clients say, and how they are sent.').classes('fy-muted')
        names = kinds_of_text()
        self._chips = chips('Kind of mail', [(kind.value, names[kind.value]) for kind in KINDS], self._pick_kind)
        with html.div().classes('fy-row wrap'):
            self._languages = chips('Language', list(LANGUAGE_NAMES.items()), self._pick_language)
            plain_text('p', HOW_LANGUAGES).classes('fy-sm fy-muted')
        with (
            html.div()
            .classes('fy-split even')
            .style('grid-template-columns: repeat(auto-fit, minmax(min(100%, 420px), 1fr))')
        ):
            with html.div().classes('fy-stack').style('gap: var(--s5)'):
                self.editor = EmailEditor(self)
                self.history = EmailHistory(self)
            self.preview = EmailPreview(self)
        self._refresher = Refresher(lambda _: self._refresh())
        for kind in (MailTextsChanged, SettingsChanged, MailServerChanged):
            live.on(kind, self._refresher.ask)
        self._show()

    @property
    def kind(self) -> str:
        """Which mail it is about."""
        return self.text.words.kind

    @property
    def language(self) -> str:
        """Of whose readers."""
        return self.text.words.language

    async def _pick_kind(self, kind: str) -> None:
        await self._turn_to(kind, self.language)

    async def _pick_language(self, language: str) -> None:
        await self._turn_to(self.kind, language)

    async def _turn_to(self, kind: str, language: str) -> None:
        if (kind, language) != (self.kind, self.language):
            self.editor.put_aside()
            self.text = await read_email_text(deps(), self.actor, kind, language)
            self._show()
            await self.preview.look()

    def saved(self, text: EmailText) -> None:
        """Somebody here changed the words."""
        self.text = text
        self.editor.follow(text)
        self.history.show(text)

    async def _refresh(self) -> None:
        """Somebody elsewhere may have changed them: what is not being edited here follows."""
        self.text = await read_email_text(deps(), self.actor, self.kind, self.language)
        self.editor.follow(self.text)
        self.history.show(self.text)
        await self.preview.look()

    def _show(self) -> None:
        self._chips.show(None, self.kind)
        self._languages.show(None, self.language)
        self.editor.show(self.text)
        self.history.show(self.text)
