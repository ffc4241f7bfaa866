"""What ends every link of a login leaves no invitation open that nobody can accept."""

import pytest

from domain.access.magic_links import redeem_magic_link
from domain.access.passwords import change_password
from domain.access.second_factor_reset import reset_two_factor
from domain.access.totp import turn_off
from domain.audit import AuditKind
from domain.contacts.directory import read_contact
from domain.contacts.invitations import invite_contact
from domain.dependencies import Dependencies
from domain.errors import LinkExpired
from storage.models import Contact, Invitation, Login
from tests.factories import (
    PASSWORD,
    a_visitor,
    app_code,
    audit_rows,
    come_in,
    given_contact,
    given_joined_client,
    given_owner,
    given_second_factor,
    token_of,
)
from tests.support.clock import FixedClock

CLARA = 'clara@weiss.example'


@pytest.mark.parametrize('how', ['password', 'second factor on', 'second factor off', 'second factor reset'])
async def test_an_invitation_whose_link_ended_is_closed(deps: Dependencies, clock: FixedClock, how: str) -> None:
    """R37: the link is dead, so the contact's page does not go on saying that it waits; the next sign-in joins it."""
    staff = await given_owner(deps)
    client = await given_joined_client(deps, staff)
    on = None
    if how in ('second factor off', 'second factor reset'):
        on = await given_second_factor(deps, client.actor, client.raw, clock)
    second = await given_contact(deps, 'Weiss GmbH', CLARA, access=False)
    invited = await invite_contact(deps, staff, second.id)
    if how == 'password':
        await Login.filter(email=CLARA).update(password_hash=await deps.hasher.hash(PASSWORD))
        await change_password(deps, client.actor, PASSWORD, 'seven horses under a quiet bridge')
    elif how == 'second factor on':
        await given_second_factor(deps, client.actor, client.raw)
    elif how == 'second factor off':
        assert on
        await turn_off(deps, on.actor, app_code(on.secret, clock))
    else:
        await reset_two_factor(deps, staff, client.contact_id, 'Phone lost')
    with pytest.raises(LinkExpired):
        await redeem_magic_link(deps, a_visitor(), token_of(invited.link))
    view = await read_contact(deps, staff, second.id)
    assert (view.status, view.has_open_invitation, view.portal_access) == ('not_invited', False, True)
    assert not await Invitation.filter(accepted_at=None, cancelled_at=None).exists()
    (row,) = await audit_rows(AuditKind.INVITATION_CANCELLED)
    assert (row.contact_id, row.actor_kind) == (second.id, 'system')
    assert (await invite_contact(deps, staff, second.id)).link
    if how in ('password', 'second factor off', 'second factor reset'):
        await come_in(deps, staff, client.contact_id)
        assert (await Contact.get(id=second.id)).joined_at == deps.clock.now()
