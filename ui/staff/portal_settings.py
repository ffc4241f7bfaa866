"""`/staff/settings/portal`: the firm's name, who gets access, and how long links work."""

from nicegui import html
from nicegui import ui as nui

from domain.actors import StaffActor
from domain.authorization import Permission
from domain.errors import DomainError, NumberOutOfRange, TextInvalid
from domain.events import MailServerChanged, SettingsChanged
from domain.mail.server import server_in_use
from domain.portal.checklist import send_test_mail
from domain.portal.portal_settings import INVITATION_DAYS, LINK_MINUTES, Portal, change_portal, read_portal
from ui import live
from ui.components.basics import TextField, button, card, plain_text, text_field, toast
from ui.dependencies import deps
from ui.frame import staff_frame, staff_page
from ui.messages import say
from ui.staff.mail_fate import MailFate
from ui.staff.mail_server_card import HOW_MAIL_IS_SENT

PATH = '/staff/settings/portal'
LONGEST_TYPED = 400  # more than fits may be typed, so that the error can be read and nothing is cut off


def register() -> None:
    """Register the page."""
    staff_page(PATH, title='Portal settings', permission=Permission.CHANGE_SETTINGS)(settings_page)


async def settings_page(actor: StaffActor) -> None:
    """The settings, as they are in force."""
    portal = await read_portal()
    with staff_frame(actor, portal.firm_name, here=PATH, narrow=True):
        SettingsForm(actor, portal)


class SettingsForm:
    def __init__(self, actor: StaffActor, portal: Portal) -> None:
        """Build it in the page."""
        self._actor, self._saved = actor, portal
        with html.div().classes('fy-head'), html.div():
            html.h1('Portal settings')
            html.p('What holds for every client of the firm.').classes('fy-muted')
        with html.form().classes('fy-stack').style('gap: inherit') as form:
            form.on('submit', js_handler='(event) => event.preventDefault()')
            with card('The firm'):
                self.firm_name = self._text(
                    'Firm name', portal.firm_name, hint='Clients read it on the sign-in page and in every mail.'
                )
            self.access = self._switch(
                'New contacts get portal access',
                'Preset when a contact is added. It mails nobody and changes nobody who is there already.',
                portal.new_contacts_get_access,
            )
            self.reminds = self._switch(
                'Remind before an invitation ends',
                'Who has not come in yet gets one mail two days before, with a link of its own. Invitations for less '
                'than three days are left alone.',
                portal.reminds_before_expiry,
            )
            with card('How long links work'):
                self.minutes = self._number(
                    'Sign-in links work for', portal.sign_in_link_minutes, 'minutes', LINK_MINUTES
                )
                self.days = self._number('Invitations work for', portal.invitation_days, 'days', INVITATION_DAYS)
                html.p('Links that are out already keep the time they were given.').classes('fy-sm fy-muted')
            with html.div().classes('fy-row').style('justify-content: flex-end'):
                button('Save', kind='primary', submit=True, on_click=self._save)
        MailCard(actor)
        live.on(SettingsChanged, self._changed_elsewhere)

    def _text(self, label: str, value: str, hint: str) -> TextField:
        made: TextField = text_field(label, value=value, hint=hint, autocomplete='organization', longest=LONGEST_TYPED)
        made.on_value_change(made.clear_error)
        return made

    def _switch(self, label: str, sentence: str, value: bool) -> nui.switch:
        with html.section().classes('fy-card'), html.div().classes('fy-switch'):
            with html.div():
                plain_text('h2', label)
                described = plain_text('p', sentence)
            made = nui.switch(label, value=value)
            made.props['aria-label'] = label
            made.props['aria-describedby'] = described.html_id
        return made

    def _number(self, label: str, value: int, unit: str, bounds: tuple[int, int]) -> TextField:
        made: TextField = text_field(
            label, value=str(value), inputmode='numeric', autocomplete='off', longest=12,
            hint=f'{bounds[0]} to {bounds[1]} {unit}',
        )  # fmt: skip
        with made.add_slot('append'):
            html.span(unit).classes('fy-sm fy-muted').props('aria-hidden=true')
        made.style('max-width: 240px')
        made.on_value_change(made.clear_error)
        return made

    async def _save(self) -> None:
        sent = self._as_typed()
        wanted = Portal(sent[0], bool(self.access.value), _whole(sent[1]), _whole(sent[2]), bool(self.reminds.value))
        try:
            self._saved = await change_portal(deps(), self._actor, wanted)
        except DomainError as error:
            self._refuse(error)
            return
        self._show(self._saved, unless_typed_since=sent)
        toast('Saved.')

    def _as_typed(self) -> tuple[str, str, str]:
        return self.firm_name.value or '', self.minutes.value or '', self.days.value or ''

    def _refuse(self, error: DomainError) -> None:
        fields = {
            'firm_name': self.firm_name,
            'sign_in_link_minutes': self.minutes,
            'invitation_days': self.days,
        }
        field = fields.get(error.field) if isinstance(error, TextInvalid | NumberOutOfRange) else None
        if field is None:
            toast(say(error), kind='bad')
            return
        field.show_error(say(error))
        field.run_method('focus')

    async def _changed_elsewhere(self, _: SettingsChanged) -> None:
        """Somebody saved in another tab: what is not being edited here follows."""
        now = await read_portal()
        before, self._saved = self._saved, now
        if (self.firm_name.value or '') == before.firm_name:
            self.firm_name.value = now.firm_name
        if bool(self.access.value) == before.new_contacts_get_access:
            self.access.value = now.new_contacts_get_access
        if bool(self.reminds.value) == before.reminds_before_expiry:
            self.reminds.value = now.reminds_before_expiry
        if (self.minutes.value or '') == str(before.sign_in_link_minutes):
            self.minutes.value = str(now.sign_in_link_minutes)
        if (self.days.value or '') == str(before.invitation_days):
            self.days.value = str(now.invitation_days)

    def _show(self, portal: Portal, unless_typed_since: tuple[str, str, str]) -> None:
        """What was saved, as it was tidied; what somebody typed while it was being saved stays."""
        fields = (self.firm_name, self.minutes, self.days)
        saved = (portal.firm_name, str(portal.sign_in_link_minutes), str(portal.invitation_days))
        for field, sent, text in zip(fields, unless_typed_since, saved, strict=True):
            if (field.value or '') == sent:
                field.value = text


class MailCard:
    def __init__(self, actor: StaffActor) -> None:
        """Which server mail goes through, and a button that tries it."""
        self._actor = actor
        self._fate: MailFate | None = None
        with card('Mail'):
            with html.dl().classes('fy-dl'):
                plain_text('dt', 'Mail server')
                self._server = plain_text('dd', '')
                plain_text('dt', 'Sender')
                self._sender = plain_text('dd', '')
            self._below = html.div().style('margin-top: var(--s4)')
            with html.div().style('margin-top: var(--s4)'):
                button('Send me a test mail', icon='mail', on_click=self._send_test)
                button('Change it', kind='ghost').props(f'href={HOW_MAIL_IS_SENT}')
        self._below.set_visibility(False)
        self._show()
        live.on(MailServerChanged, self._show)

    def _show(self, _: MailServerChanged | None = None) -> None:
        """The name of the server and nothing else: user and password stay where they are."""
        server = server_in_use(deps())
        self._server.set_text(server.host if server else 'None: mail is captured')
        self._sender.set_text(deps().sender)

    async def _send_test(self) -> None:
        try:
            mail_id = await send_test_mail(deps(), self._actor)
        except DomainError as error:
            toast(say(error), kind='bad')
            return
        if self._fate:
            self._fate.stop()
        self._below.clear()
        with self._below:
            self._fate = MailFate(self._actor, mail_id)
        self._below.set_visibility(True)
        await self._fate.look()


def _whole(text: str | None) -> int:
    """The number that was typed; -1, which nothing allows, for anything else."""
    clean = (text or '').strip()
    return int(clean) if clean.isascii() and clean.isdigit() and len(clean) < 7 else -1
