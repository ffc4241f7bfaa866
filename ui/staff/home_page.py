"""`/staff/home`: what clients find on their home, in the firm's order, and how often its links were opened."""

from collections.abc import Sequence
from functools import partial

from nicegui import html
from nicegui import ui as nui

from domain.actors import StaffActor
from domain.authorization import Permission
from domain.contacts.client_home import ClientHome, Served
from domain.errors import DomainError
from domain.events import ContactsChanged, Event, HomeChanged, LinksOpened, SettingsChanged
from domain.portal.audience import AudienceKind
from domain.portal.branding import Brand, read_brand
from domain.portal.home_items import ItemKind, ItemView, list_items, move_item, remove_item
from domain.portal.own_home import ShownItem
from ui import live
from ui.components.basics import button, card, plain_text, toast
from ui.components.ordered_list import OrderedList, OrderedRow
from ui.components.part import Part
from ui.components.portal_home import portal_home
from ui.components.refresher import Refresher
from ui.dependencies import deps
from ui.frame import staff_frame, staff_page
from ui.messages import say
from ui.staff.ask_first import ask_first
from ui.staff.home_dialog import HomeDialog
from ui.theme import asset

PATH = '/staff/home'
STYLES = f'<link rel="stylesheet" href="{asset("brand.css")}"><link rel="stylesheet" href="{asset("home.css")}">'
SOMEBODY = Served(0, 'Ann Example', 'person', 'Example & Sons')
HEADS = {
    ItemKind.ANNOUNCEMENT: ('Announcements', 'New announcement', 'megaphone', 'Nothing announced yet.'),
    ItemKind.LINK: ('Links', 'New link', 'link', 'No links yet. Invoices, documents, courses: each gets a door here.'),
}


def register() -> None:
    """Register the page."""
    staff_page(PATH, title='Portal home', permission=Permission.EDIT_HOME, waits=True)(home_page)


async def home_page(actor: StaffActor) -> None:
    """What there is, and how it looks."""
    nui.add_head_html(STYLES)
    with staff_frame(actor, (await read_brand()).firm_name, here=PATH):
        with html.div().classes('fy-head'), html.div():
            html.h1('Portal home')
            html.p('What clients come in for: news, and doors to what lives elsewhere.').classes('fy-muted')
        page = HomePage(actor)
        await page.load()
        page.follow()


class HomePage:
    def __init__(self, actor: StaffActor) -> None:
        """Build it in the page; `load` fills it, `follow` keeps it so."""
        self._actor = actor
        self._items: dict[int, ItemView] = {}
        self._lists: dict[ItemKind, OrderedList] = {}
        self._none: dict[ItemKind, nui.element] = {}
        with html.div().classes('fy-homing'):
            with html.div().classes('fy-stack loose'):
                for kind in ItemKind:
                    self._list(kind)
            with html.section().classes('fy-previews').props('aria-label="Preview"'):
                plain_text('p', 'As seen by a client who gets everything here').classes('fy-over')
                with html.div().classes('fy-screen fy-accent-scope').props('inert') as screen:
                    self._preview = Part(html.div(), _drawn)
                screen.props['data-preview'] = 'portal'

    def _list(self, kind: ItemKind) -> None:
        title, new, mark, nothing = HEADS[kind]
        with card(title, rows=True) as sheet:
            self._none[kind] = plain_text('p', nothing).classes('fy-muted fy-none')
            self._lists[kind] = OrderedList(title, on_move=self._move, on_act=self._act)
        with sheet.header:
            button(new, icon=mark, small=True, on_click=partial(self._open, kind))

    async def load(self, _: Event | None = None) -> None:
        """Read what there is, and show it."""
        items = await list_items(deps(), self._actor)
        self._items = {one.id: one for one in items}
        for kind in ItemKind:
            rows = [_row(one) for one in items if one.kind is kind]
            self._lists[kind].show(rows)
            self._lists[kind].set_visibility(bool(rows))
            self._none[kind].set_visibility(not rows)
        self._preview.show(tuple(_shown(one) for one in items), await read_brand())

    def follow(self) -> None:
        """Listen for what others write, and for clicks of clients."""
        refresher = Refresher(self.load)
        for kind in (HomeChanged, LinksOpened, SettingsChanged, ContactsChanged):
            live.on(kind, refresher.ask)

    async def _open(self, kind: ItemKind, item: ItemView | None = None) -> None:
        await HomeDialog(self._actor, kind, item).open()

    async def _move(self, item_id: int, place: int) -> None:
        try:
            await move_item(deps(), self._actor, item_id, place)
        except DomainError as error:
            toast(say(error), kind='bad')
            await self.load()

    async def _act(self, item_id: int, act: str) -> None:
        item = self._items.get(item_id)
        if item is None:
            return
        if act == 'edit':
            await self._open(item.kind, item)
            return
        ask_first(
            f'Remove “{item.title}”?',
            'It goes from every home at once. Mailed links that lead to it lead to the home instead.',
            'Remove',
            partial(self._remove, item),
        )

    async def _remove(self, item: ItemView) -> None:
        await remove_item(deps(), self._actor, item.id)
        toast(f'“{item.title}” removed.')


def whom(item: ItemView) -> str:
    """Whom it is for, in words."""
    if item.audience is AudienceKind.ALL:
        return 'For all clients'
    if item.audience is AudienceKind.ORGANISATION:
        return f'For {item.organisation}'
    if item.chosen == 0:
        return 'For nobody any more'
    return 'For one contact' if item.chosen == 1 else f'For {item.chosen} contacts'


def _row(item: ItemView) -> OrderedRow:
    if item.kind is ItemKind.ANNOUNCEMENT:
        return OrderedRow(item.id, item.title, whom(item))
    detail = f'{whom(item)} · {item.url.removeprefix("https://")}'
    return OrderedRow(item.id, item.title, detail, item.icon, f'Opened {item.opened:,}×')


def _shown(item: ItemView) -> ShownItem:
    return ShownItem(item.id, item.kind.value, item.title, item.text, item.icon, item.created_at)


def _drawn(items: Sequence[ShownItem], brand: Brand) -> None:
    home = ClientHome((SOMEBODY,), SOMEBODY, 'ann@example.org', 'Ann', None, '', tuple(items))
    with html.div().classes('fy-client'):
        portal_home(home, brand, None)
