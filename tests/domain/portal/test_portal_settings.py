"""What the firm chooses, within bounds."""

from dataclasses import replace

import pytest

from domain.audit import AuditKind
from domain.dependencies import Dependencies
from domain.errors import DomainError, NumberOutOfRange, TextFault, TextInvalid
from domain.events import SettingsChanged
from domain.portal.portal_settings import Portal, change_portal, name_firm, read_portal
from tests.factories import audit_rows, every_row, given_owner, heard

HOLM = Portal(
    'Holm & Partner',
    new_contacts_get_access=True,
    sign_in_link_minutes=30,
    invitation_days=14,
    reminds_before_expiry=False,
)


async def test_what_a_new_firm_begins_with(deps: Dependencies) -> None:
    """R4, R6: 15 minutes, 7 days; nobody gets access by default, and who was invited is reminded."""
    assert await read_portal() == Portal('', False, 15, 7, True)


async def test_saving(deps: Dependencies) -> None:
    """All of it is kept, told to open pages, and on record with what changed; saving the same again is not."""
    owner = await given_owner(deps)
    told = heard(deps, SettingsChanged)
    assert await change_portal(deps, owner, HOLM) == HOLM == await read_portal()
    assert told == [SettingsChanged()]
    (row,) = await audit_rows(AuditKind.SETTINGS_CHANGED)
    assert row.detail['changed'] == {
        'firm_name': 'Holm & Partner',
        'new_contacts_get_access': True,
        'sign_in_link_minutes': 30,
        'invitation_days': 14,
        'reminds_before_expiry': False,
    }
    await change_portal(deps, owner, HOLM)
    assert len(await audit_rows(AuditKind.SETTINGS_CHANGED)) == 1
    assert await name_firm(deps, owner, ' Holm ') == replace(HOLM, firm_name='Holm')


WRONG: list[tuple[dict[str, object], DomainError]] = [
    ({'sign_in_link_minutes': 4}, NumberOutOfRange('sign_in_link_minutes', 5, 60)),
    ({'sign_in_link_minutes': 61}, NumberOutOfRange('sign_in_link_minutes', 5, 60)),
    ({'invitation_days': 0}, NumberOutOfRange('invitation_days', 1, 30)),
    ({'invitation_days': 31}, NumberOutOfRange('invitation_days', 1, 30)),
    ({'invitation_days': -7}, NumberOutOfRange('invitation_days', 1, 30)),
    ({'firm_name': ' '}, TextInvalid('firm_name', TextFault.EMPTY)),
    ({'firm_name': 'x' * 121}, TextInvalid('firm_name', TextFault.TOO_LONG, 120)),
    ({'firm_name': 'Holm\r\nBcc: x'}, TextInvalid('firm_name', TextFault.CONTROL_CHARACTER)),
]


async def test_bounds(deps: Dependencies) -> None:
    """R4, R6: an error at the field that is wrong, and nothing is saved."""
    owner = await given_owner(deps)
    before = await every_row()
    for changes, error in WRONG:
        with pytest.raises(type(error)) as refused:
            await change_portal(deps, owner, replace(HOLM, **changes))  # type: ignore[arg-type]
        assert refused.value == error
    assert await every_row() == before


@pytest.mark.parametrize(('minutes', 'days'), [(5, 1), (60, 30)])
async def test_the_bounds_themselves_are_allowed(deps: Dependencies, minutes: int, days: int) -> None:
    """R4, R6: 5 to 60 minutes, 1 to 30 days."""
    wanted = replace(HOLM, sign_in_link_minutes=minutes, invitation_days=days)
    assert await change_portal(deps, await given_owner(deps), wanted) == wanted
