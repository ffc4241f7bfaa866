"""The menu of views: those that are always there, those that staff saved by name, and what is done with them."""

from collections.abc import Awaitable, Callable, Sequence

import structlog
from nicegui import html

from domain.actors import StaffActor
from domain.contacts.contact_filter import NEVER_SIGNED_IN, ContactFilter
from domain.contacts.saved_views import (
    LONGEST_VIEW_NAME,
    View,
    change_view,
    delete_view,
    list_views,
    rename_view,
    save_view,
)
from domain.errors import DomainError, SecondFactorNeeded, SignedOut, TextInvalid
from domain.events import SavedViewsChanged
from domain.view_errors import ViewNameTaken
from ui import live
from ui.components.basics import button, dialog, notice, text_field, toast
from ui.components.menu_button import LINE, Entry, Item, MenuButton, Title
from ui.components.refresher import Refresher
from ui.dependencies import deps
from ui.messages import say
from ui.staff.ask_first import ask_first
from ui.staff.contact_list_view import ListView

log = structlog.get_logger(__name__)

STANDING = {'all': ('All contacts', ContactFilter()), 'never': ('Never signed in', NEVER_SIGNED_IN)}


class SavedViewsMenu:
    """`load` fills it. `on_open` is called with what a view shows; `dialogs` is where its dialogs belong."""

    def __init__(
        self, actor: StaffActor, view: ListView, dialogs: html.div, on_open: Callable[[ListView], Awaitable[None]]
    ) -> None:
        self._actor, self._view, self._dialogs, self._on_open = actor, view, dialogs, on_open
        self._views: Sequence[View] = ()
        self._opened: int | None = None
        self._button = MenuButton('Views', self._entries(), self._picked, icon='bookmark')
        live.on(SavedViewsChanged, Refresher(lambda _: self.load()).ask)

    async def load(self) -> None:
        """Read which views there are."""
        try:
            self._views = await list_views(deps(), self._actor)
        except (SignedOut, SecondFactorNeeded):
            return  # the page is being closed, or moved
        except Exception:
            log.exception('the saved views could not be read')
            return
        self._button.show(self._entries())

    def follow(self, view: ListView) -> None:
        """What the list shows now."""
        self._view = view
        if not view.fits.to_query() and not self._here():
            self._opened = None  # a saved view that was changed can be saved anew, until one begins from the start
        self._button.show(self._entries())

    def _here(self) -> View | None:
        """The saved view that the list shows."""
        shown = self._view.at('', '').query()
        return next((one for one in self._views if one.query == shown), None)

    def _entries(self) -> list[Entry]:
        here, fits = self._here(), self._view.fits
        entries: list[Entry] = [
            Item(key, words, chosen=not here and fits == of) for key, (words, of) in STANDING.items()
        ]
        if self._views:
            entries.append(Title('Saved, for all staff'))
        entries += [Item(f'view:{one.id}', one.name, chosen=one is here) for one in self._views]
        entries.append(LINE)
        if here is None:
            entries.append(Item('save', 'Save this view…', 'plus', off=not self._view.at('', '').query()))
            if changed := self._opened_one():
                entries.append(Item('change', f'Update “{_short(changed.name)}”', 'refresh-cw'))
        else:
            entries.append(Item('rename', 'Rename this view…', 'pencil'))
            entries.append(Item('delete', 'Delete this view…', 'trash-2', danger=True))
        return entries

    def _opened_one(self) -> View | None:
        """The saved view that was opened, and has been changed since."""
        return next((one for one in self._views if one.id == self._opened), None)

    # ── What the reader does ────────────────────────────────────────────────

    async def _picked(self, key: str) -> None:
        if key in STANDING:
            self._opened = None
            await self._on_open(self._view.fitting(STANDING[key][1]))
        elif key.startswith('view:'):
            await self._open(int(key.removeprefix('view:')))
        elif key == 'save':
            self._name('Save this view', '', self._save)
        elif key == 'change' and (changed := self._opened_one()):
            await self._change(changed)
        elif here := self._here():
            if key == 'rename':
                self._name('Rename this view', here.name, lambda name: self._rename(here, name))
            elif key == 'delete':
                self._delete(here)

    async def _open(self, view_id: int) -> None:
        view = next((one for one in self._views if one.id == view_id), None)
        if view is not None:
            self._opened = view.id
            await self._on_open(ListView.of(view.query))

    async def _save(self, name: str) -> str:
        view = await save_view(deps(), self._actor, name, self._view.query())
        self._opened = view.id
        return f'“{_short(view.name)}” saved. All staff find it under Views.'

    async def _change(self, view: View) -> None:
        try:
            await change_view(deps(), self._actor, view.id, self._view.query())
        except DomainError as error:
            toast(say(error), kind='bad')
            return
        await self.load()
        toast(f'“{_short(view.name)}” shows this from now on.')

    async def _rename(self, view: View, name: str) -> str:
        renamed = await rename_view(deps(), self._actor, view.id, name)
        return f'It is called “{_short(renamed.name)}” now.'

    def _delete(self, view: View) -> None:
        async def act() -> None:
            await delete_view(deps(), self._actor, view.id)
            self._opened = None
            await self.load()
            toast(f'“{_short(view.name)}” deleted.')

        with self._dialogs:
            ask_first(
                'Delete this view?',
                f'“{_short(view.name)}” disappears for all staff. No contact is changed by it.',
                'Delete view',
                act,
            )

    def _name(self, title: str, name: str, write: Callable[[str], Awaitable[str]]) -> None:
        """Ask for a name; `write` keeps it and says what happened."""

        async def keep() -> None:
            refused.set_visibility(False)
            try:
                done = await write(field.value or '')
            except (TextInvalid, ViewNameTaken) as error:
                field.show_error(say(error))
                field.run_method('focus')
                return
            except DomainError as error:
                refused.set_visibility(True)
                refused.clear()
                with refused:
                    notice('bad', say(error), live=True)
                return
            asked.close()
            await self.load()
            toast(done)

        with self._dialogs, dialog(title, 'All staff see it under Views.', has_fields=True) as asked:
            with html.form().classes('fy-stack') as form:
                form.on('submit', js_handler='(event) => event.preventDefault()')
                field = text_field('Name', value=name, autocomplete='off', longest=LONGEST_VIEW_NAME + 40, focus=True)
                field.on_value_change(field.clear_error)
            refused = html.div()
            refused.set_visibility(False)
        with asked.foot:
            button('Cancel', on_click=asked.close)
            made = button('Save', kind='primary', submit=True, on_click=keep)
            made.props['form'] = form.html_id
        asked.on('hide', asked.delete)
        asked.open()


def _short(name: str) -> str:
    return name if len(name) <= 40 else f'{name[:39]}…'
