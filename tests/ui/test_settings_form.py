"""The form of the settings, as far as it goes on while a save is under way."""

from dataclasses import dataclass

import pytest

from domain.actors import StaffActor
from domain.dependencies import Dependencies
from domain.portal.portal_settings import Portal, change_portal, read_portal
from tests.factories import given_owner
from tests.support.databases import sqlite_only
from ui.staff import portal_settings
from ui.staff.portal_settings import SettingsForm


@dataclass
class Field:
    """As much of a field as saving needs."""

    value: object


@sqlite_only
async def test_what_is_typed_while_it_is_being_saved_stays(deps: Dependencies, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was saved is shown as it was tidied, but never over the words somebody has gone on typing."""
    form = object.__new__(SettingsForm)
    form._actor, form._saved = await given_owner(deps), await read_portal()
    typed = {'firm_name': '  Holm  &  Partner ', 'access': False, 'minutes': ' 020', 'days': '7', 'reminds': False}
    for name, value in typed.items():
        setattr(form, name, Field(value))

    async def save_slowly(deps: Dependencies, actor: StaffActor, wanted: Portal) -> Portal:
        saved = await change_portal(deps, actor, wanted)
        form.days.value, form.access.value = '14', True
        return saved

    toasts: list[str] = []
    monkeypatch.setattr(portal_settings, 'change_portal', save_slowly)
    monkeypatch.setattr(portal_settings, 'deps', lambda: deps)
    monkeypatch.setattr(portal_settings, 'toast', toasts.append)
    await form._save()
    assert await read_portal() == form._saved == Portal('Holm & Partner', False, 20, 7, False)
    assert (form.firm_name.value, form.minutes.value) == ('Holm & Partner', '20')
    assert (form.days.value, form.access.value) == ('14', True)
    assert toasts == ['Saved.']
