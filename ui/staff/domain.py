"""`/staff/settings/domain`: a domain of the firm's own, the one record to make, and a doctor that looks meanwhile."""

from dataclasses import replace

from nicegui import background_tasks, context, html
from nicegui import ui as nui

from domain.actors import StaffActor
from domain.authorization import Permission
from domain.errors import DomainError, HostInvalid, NotAllowed
from domain.events import CustomDomainChanged, Event
from domain.portal.custom_domain import (
    OwnDomain,
    RecordKind,
    look_again,
    read_domain,
    remove_domain,
    set_domain,
)
from domain.portal.domain_doctor import find_target, known_target
from domain.portal.domain_mail import PAGE as PATH
from domain.portal.portal_settings import read_portal
from ui import live
from ui.components.basics import TextField, button, card, notice, plain_text, text_field, toast
from ui.components.option_cards import OptionCards
from ui.components.refresher import Refresher
from ui.dependencies import deps
from ui.frame import staff_frame, staff_page
from ui.messages import say
from ui.staff.ask_first import ask_first
from ui.staff.confirm import with_fresh_sign_in
from ui.staff.domain_doctor import DoctorCard
from ui.staff.domain_record import RecordCard
from ui.staff.domain_staff import StaffHostCard
from ui.staff.domain_words import kinds_possible
from ui.theme import asset

STYLES = f'<link rel="stylesheet" href="{asset("domain.css")}">'
ONLY_HERE = (
    'This portal opens on this machine only, so a domain would lead nobody here. Whoever runs Foyer puts it on a '
    'server first and sets its public address (FOYER_BASE_URL): docs/deploy.md says how.'
)
LONGEST_TYPED = 400  # more than fits may be typed, so that the error can be read and nothing is cut off
KINDS = {
    RecordKind.CNAME: ('CNAME record', 'For a name like portal.example.com. It follows if this server ever moves.'),
    RecordKind.A: ('A record', 'For the domain itself, like example.com, or where a CNAME cannot stand.'),
}


def register() -> None:
    """Register the page."""
    staff_page(PATH, title='Domain', permission=Permission.CHANGE_SETTINGS)(domain_page)


async def domain_page(actor: StaffActor) -> None:
    """The domain, as it stands."""
    domain = await read_domain(deps(), actor)
    nui.add_head_html(STYLES)
    with staff_frame(actor, (await read_portal()).firm_name, here=PATH, narrow=True):
        DomainPage(actor, domain)


class DomainPage:
    def __init__(self, actor: StaffActor, domain: OwnDomain) -> None:
        """Build it in the page."""
        self._actor, self._domain, self._client = actor, domain, context.client
        self._target = domain.findings.target if domain.findings else known_target(deps())
        self._kind = domain.record
        with html.div().classes('fy-head'), html.div():
            html.h1('Domain')
            html.p('Where clients reach the portal: an address of your own instead of this server’s.').classes(
                'fy-muted'
            )
        if deps().settings.links_lead_here_only and not domain.host:
            notice('warn', ONLY_HERE)
        self.doctor = DoctorCard(self._look_again)
        self._build_form()
        self.record = RecordCard()
        self.staff = StaffHostCard(actor)
        self._build_removal()
        self._refresher = Refresher(self._refresh)
        live.on(CustomDomainChanged, self._refresher.ask)
        self._show()
        background_tasks.create(self._find_target(), name='find where a record has to lead')

    def _build_form(self) -> None:
        with html.form().classes('fy-stack').style('gap: inherit') as form:
            form.on('submit', js_handler='(event) => event.preventDefault()')
            with card('Your own domain') as sheet:
                self.host: TextField = text_field(
                    'Custom domain',
                    value=self._domain.host,
                    placeholder='portal.example.com',
                    hint='A name under a domain that is yours.',
                    autocomplete='off',
                    inputmode='url',
                    longest=LONGEST_TYPED,
                )
                self.host.props('autocapitalize=none spellcheck=false')
                self.host.on_value_change(self.host.clear_error)
                self._kinds_box = html.div().style('margin-top: var(--s4)')
                with self._kinds_box:
                    plain_text('div', 'Which record will you make?').classes('fy-sm fy-strong').style(
                        'margin-bottom: var(--s2)'
                    )
                    options = [(kind.value, *KINDS[kind]) for kind in KINDS]
                    self._kinds = OptionCards('Which record will you make?', options, self._pick)
            with sheet.foot:
                html.span().classes('fy-grow')
                button('Update Domain', kind='primary', submit=True, on_click=self._update)

    def _build_removal(self) -> None:
        with html.section().classes('fy-card') as self._removal, html.div().classes('fy-switch fy-acts'):
            with html.div():
                html.h2('Go back to the base address')
                self._removal_words = plain_text('p', '')
            button('Remove domain', kind='danger', on_click=self._ask_to_remove)

    # ── What is done ──

    def _pick(self, key: str) -> None:
        self._kind = RecordKind(key)
        self._show()

    async def _update(self) -> None:
        typed, kinds = self.host.value or '', kinds_possible(self._target)
        kind = self._kind if self._kind in kinds or not kinds else kinds[0]
        done: list[OwnDomain] = []

        async def act() -> None:
            done.append(await set_domain(deps(), self._actor, typed, kind))

        try:
            if not await with_fresh_sign_in(self._actor, act):
                return
        except HostInvalid as error:
            self.host.show_error(say(error))
            self.host.run_method('focus')
            return
        except DomainError as error:
            toast(say(error), kind='bad')
            return
        self._domain = done[0]
        if (self.host.value or '') == typed:
            self.host.value = self._domain.host
        self._show()
        toast('Saved. The record is looked for from now on.')

    async def _look_again(self) -> None:
        try:
            await look_again(deps(), self._actor)
        except DomainError as error:
            toast(say(error), kind='bad')

    def _ask_to_remove(self) -> None:
        host, base = self._domain.host, deps().settings.public_url
        ask_first(
            f'Remove {host}?',
            f'Links lead to {base} from then on. Links with {host} that were mailed before go on working as long as '
            'its record leads here and its certificate is good.',
            'Remove domain',
            self._remove,
        )

    async def _remove(self) -> None:
        async def act() -> None:
            await remove_domain(deps(), self._actor)

        if await with_fresh_sign_in(self._actor, act) and not self._client.is_deleted:
            toast('Removed. The portal is at its base address.')
            self._refresher.ask()

    # ── What is shown ──

    async def _refresh(self, _: Event | None) -> None:
        try:
            before, self._domain = self._domain, await read_domain(deps(), self._actor)
        except NotAllowed:  # the role has changed: the page is on its way out
            return
        if (self.host.value or '') == before.host:
            self.host.value = self._domain.host
        if self._kind is before.record:
            self._kind = self._domain.record
        if self._domain.findings:
            self._target = self._domain.findings.target
        self._show()

    async def _find_target(self) -> None:
        target = await find_target(deps())
        if target.addresses and not self._client.is_deleted:
            with self._client:
                self._target = target
                self._show()

    def _show(self) -> None:
        now, kinds = self._domain, kinds_possible(self._target)
        self._kinds_box.set_visibility(len(kinds) > 1)
        self._kinds.show(self._kind.value, {})
        self.doctor.show(now, deps().settings.public_url, deps().clock.now())
        self.record.show(_as_chosen(now, self._kind), self._target)
        self.staff.show(now, deps().settings.public_url)
        self._removal.set_visibility(bool(now.host))
        self._removal_words.set_text(f'Links lead to {deps().settings.public_url} again, at once.')


def _as_chosen(domain: OwnDomain, kind: RecordKind) -> OwnDomain:
    """The domain with the record that is being chosen, so that one sees what it would be."""
    return replace(domain, record=kind)
