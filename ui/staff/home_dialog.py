"""The dialog in which staff write an announcement or a link, and see it as a client would."""

from collections.abc import Sequence

from nicegui import html
from nicegui import ui as nui

from domain.actors import StaffActor
from domain.contacts.finding import suggest_organisations
from domain.errors import DomainError
from domain.portal import announcements, links
from domain.portal.announcements import Announcement, save_announcement
from domain.portal.audience import Audience, AudienceKind
from domain.portal.home_items import LONGEST_TITLE, ItemKind, ItemView, list_chosen
from domain.portal.links import ICONS, Link, save_link
from domain.portal.own_home import ShownItem
from ui.components.basics import TextField, button, dialog, plain_text, text_field, toast
from ui.components.contact_picker import Choice, ContactPicker
from ui.components.home_items import announcement, tile
from ui.components.part import Part
from ui.components.picks import Pick, Picks
from ui.dependencies import deps
from ui.messages import say
from ui.staff.picking import finder, on_page, settle

LONGEST_TYPED = 6_000  # more than fits may be typed, so that the error can be read and nothing is cut off
WHOM = (('all', 'All clients'), ('organisation', 'One organisation'), ('contacts', 'Chosen contacts'))
TITLES = {
    ItemKind.ANNOUNCEMENT: ('New announcement', 'Edit announcement'),
    ItemKind.LINK: ('New link', 'Edit link'),
}
MARKS = {
    'link': 'Link', 'receipt-text': 'Invoice', 'credit-card': 'Card', 'file-text': 'Document', 'folder-open': 'Folder',
    'calendar': 'Calendar', 'message-circle': 'Message', 'phone': 'Telephone', 'play': 'Video',
    'briefcase': 'Briefcase', 'image': 'Picture', 'globe': 'Web', 'list-checks': 'List', 'megaphone': 'News',
    'shield-check': 'Security', 'users': 'People',
}  # fmt: skip


class HomeDialog:
    def __init__(self, actor: StaffActor, kind: ItemKind, item: ItemView | None) -> None:
        """Build it; `open` fills in what only the database knows, and shows it."""
        self._actor, self._kind, self._item = actor, kind, item
        self._audience = item.audience if item else AudienceKind.ALL
        self._icon = item.icon if item and item.icon else ICONS[0]
        self._fields: dict[str, TextField] = {}
        self._marks: dict[str, nui.button] = {}
        self._organisations: list[str] = []
        with on_page() as self._ground, dialog(TITLES[kind][item is not None], has_fields=True) as self.dialog:
            with html.form().classes('fy-stack') as form:
                form.on('submit', js_handler='(event) => event.preventDefault()')
                self._build_fields()
                self._build_audience()
            plain_text('h3', 'As the client sees it').classes('fy-over')
            with html.div().props('inert').classes('fy-accent-scope'):
                self._preview = Part(html.div(), announcement if kind is ItemKind.ANNOUNCEMENT else _tile)
        with self.dialog.foot:
            button('Cancel', kind='ghost', on_click=self.dialog.close)
            save = button('Save', kind='primary', submit=True, on_click=self._save)
            save.props['form'] = form.html_id
        self.dialog.on('hide', self._end)

    def _build_fields(self) -> None:
        self._field('title', 'Title', '', focus=True)
        if self._kind is ItemKind.ANNOUNCEMENT:
            self._field('text', 'Text', '**bold**, *slanted*, lists with -, [links](https://example.com).', area=True)
            return
        self._field('url', 'Address', 'Begins with https://.')
        self._field('text', 'Description', 'One line beneath the title; may be empty.')
        with html.div():
            plain_text('div', 'Icon').classes('fy-label')
            with html.div().classes('fy-icons').props('role=group aria-label=Icon'):
                for name in ICONS:
                    mark = button('', label=MARKS[name], icon=name, on_click=lambda name=name: self._mark(name))
                    self._marks[name] = mark
        self._show_mark()

    def _field(self, name: str, label: str, hint: str, *, area: bool = False, focus: bool = False) -> None:
        made = text_field(
            label,
            value=getattr(self._item, name) if self._item else '',
            hint=hint,
            autocomplete='off',
            kind='textarea' if area else 'text',
            longest=LONGEST_TYPED,
            focus=focus,
        )
        made.on_value_change(made.clear_error)
        made.on_value_change(self._show_preview)
        self._fields[name] = made

    def _build_audience(self) -> None:
        self._whom = Picks(self._picked_audience)
        self._organisation = ContactPicker('Organisation', self._find_organisation, none='No organisation found')
        self._contacts = ContactPicker(
            'Contacts', finder(self._actor), several=True, placeholder='Name or email address'
        )
        if self._item and self._item.organisation:
            self._organisation.pick(self._organisation_choice(self._item.organisation))
        self._show_audience()

    async def open(self) -> None:
        """Show it."""
        if self._item and self._audience is AudienceKind.CONTACTS:
            for one in await list_chosen(deps(), self._actor, self._item.id):
                self._contacts.pick(Choice(one.id, one.name, one.email or one.organisation, one.kind))
        self._show_preview()
        self.dialog.open()

    async def _find_organisation(self, text: str) -> Sequence[Choice]:
        return [self._organisation_choice(name) for name in await suggest_organisations(deps(), self._actor, text)]

    def _organisation_choice(self, name: str) -> Choice:
        """Organisations have no numbers of their own, and the picker wants one for each."""
        if name not in self._organisations:
            self._organisations.append(name)
        return Choice(self._organisations.index(name) + 1, name, '', 'organisation')

    def _mark(self, name: str) -> None:
        self._icon = name
        self._show_mark()
        self._show_preview()

    def _show_mark(self) -> None:
        for name, mark in self._marks.items():
            mark.props['aria-pressed'] = 'true' if name == self._icon else 'false'

    def _picked_audience(self, _: str, value: str) -> None:
        self._audience = AudienceKind(value)
        self._show_audience()

    def _show_audience(self) -> None:
        self._whom.show([Pick('whom', 'For', self._audience.value, WHOM)])
        self._organisation.set_visibility(self._audience is AudienceKind.ORGANISATION)
        self._contacts.set_visibility(self._audience is AudienceKind.CONTACTS)

    def _show_preview(self) -> None:
        typed = {name: (field.value or '').strip() for name, field in self._fields.items()}
        mark = self._icon if self._kind is ItemKind.LINK else ''
        since = self._item.created_at if self._item else deps().clock.now()
        title = typed['title'][:LONGEST_TITLE] or 'Title'
        self._preview.show(ShownItem(0, self._kind.value, title, typed['text'], mark, since))

    # ── Saving ───────────────────────────────────────────────────────────────

    def _typed(self) -> Announcement | Link:
        value = {name: field.value or '' for name, field in self._fields.items()}
        audience = Audience(
            self._audience, self._organisation.text.strip(), tuple(one.id for one in self._contacts.picked)
        )
        if self._kind is ItemKind.ANNOUNCEMENT:
            return Announcement(value['title'], value['text'], audience)
        return Link(value['title'], value['url'], value['text'], self._icon, audience)

    async def _save(self) -> None:
        if self._audience is AudienceKind.CONTACTS and not await settle(self._actor, self._contacts):
            self._contacts.show_error('No contact has exactly this name or address. Pick one from the list.')
            return
        typed = self._typed()
        item_id = self._item.id if self._item else None
        try:
            if isinstance(typed, Announcement):
                faults = await announcements.faults_of(typed)
                if not faults:
                    await save_announcement(deps(), self._actor, typed, item_id)
            else:
                faults = await links.faults_of(typed)
                if not faults:
                    await save_link(deps(), self._actor, typed, item_id)
        except DomainError as error:
            toast(say(error), kind='bad')
            return
        if faults:
            self._refuse(faults)
            return
        toast('Saved. Clients see it now.')
        self.dialog.close()

    def _refuse(self, faults: dict[str, DomainError]) -> None:
        for name, error in faults.items():
            if name == 'audience':
                whom = self._contacts if self._audience is AudienceKind.CONTACTS else self._organisation
                whom.show_error(say(error))
            elif name in self._fields:
                self._fields[name].show_error(say(error))
        first = next((self._fields[name] for name in faults if name in self._fields), None)
        if first:
            first.run_method('focus')

    def _end(self) -> None:
        self.dialog.delete()
        self._ground.delete()


def _tile(item: ShownItem) -> None:
    tile(item, opens=False)
