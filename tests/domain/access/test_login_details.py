"""Edit login details: what staff see of a login, and asking for another address, again, or no longer."""

import pytest

from domain.access.login_address import (
    cancel_address_change,
    change_login_address,
    confirm_login_address,
    send_address_link_again,
)
from domain.access.login_details import read_login, staff_with_address
from domain.access.magic_links import make_magic_link, redeem_magic_link
from domain.access.sessions import current_client
from domain.access.sign_in import SecondStepRequired
from domain.audit import AuditKind
from domain.contacts.portal_access import revoke_access
from domain.dependencies import Dependencies
from domain.errors import (
    AddressInvalid,
    ContactNotFound,
    DeadLink,
    LinkExpired,
    LoginTaken,
    NoAccess,
    NoAddressChange,
    NoLogin,
    SameAddress,
    SignInNotFresh,
)
from domain.events import LoginChanged
from storage.models import Contact, Login, PendingSignIn
from tests.factories import (
    a_visitor,
    address_token_in,
    asked_for_address,
    audit_rows,
    come_in,
    every_row,
    given_contact,
    given_joined_client,
    given_one_login_on_three,
    given_second_factor,
    given_staff,
    heard,
    later,
    mails_to,
    newest_mail,
    token_of,
)
from tests.support.clock import FixedClock

OLD, NEW = 'clara@weiss.example', 'clara@neu.example'


async def test_nothing_changes_until_the_new_address_says_yes(deps: Dependencies) -> None:
    """Verify the new, tell the old. Asking alone changes nothing but the link and two mails."""
    staff = await given_staff(deps)
    client = await given_joined_client(deps, staff)
    told = heard(deps, LoginChanged)
    result = await change_login_address(deps, staff, client.contact_id, '  Clara@NEU.example ')
    assert (result.email, result.captured) == (NEW, True)
    assert told == [LoginChanged(client.actor.login_id)]
    assert (await Login.get(id=client.actor.login_id)).email == OLD
    assert (await Contact.get(id=client.contact_id)).email == OLD
    assert await current_client(deps, client.raw) is not None
    to_old = await newest_mail(deps, OLD)
    assert to_old.row.kind == 'notice'
    assert 'c•••@neu.example' in to_old.text or NEW not in to_old.text, 'the new one is not given away'
    assert '/login-address/' not in to_old.text
    details = await read_login(deps, staff, client.contact_id)
    assert details
    assert details.waiting
    assert (details.waiting.email, details.waiting.asked_by) == (NEW, staff.name)
    (row,) = await audit_rows(AuditKind.LOGIN_ADDRESS_ASKED)
    assert (row.contact_id, row.detail) == (client.contact_id, {'before': OLD, 'after': NEW})


async def test_both_addresses_are_told(deps: Dependencies) -> None:
    """The old one hears of it when it is asked for and when it is done; the new one is asked."""
    staff = await given_staff(deps)
    client = await given_joined_client(deps, staff)
    await confirm_login_address(deps, a_visitor(), await asked_for_address(deps, staff, client.contact_id, NEW))
    notices = [mail for mail in await mails_to(deps, OLD) if mail.row.kind == 'notice']
    assert ['about to change' in notices[0].row.subject, 'has changed' in notices[1].row.subject] == [True, True]
    assert len(notices) == 2
    assert [mail.row.kind for mail in await mails_to(deps, NEW)] == ['new_address']


async def test_the_address_of_a_colleague_is_known(deps: Dependencies) -> None:
    staff = await given_staff(deps)
    assert await staff_with_address(deps, staff, f' {staff.email.upper()} ') == staff.name
    assert await staff_with_address(deps, staff, NEW) == ''
    with pytest.raises(AddressInvalid):
        await staff_with_address(deps, staff, 'nobody')


async def test_a_clash_is_explained_and_nothing_is_merged(deps: Dependencies) -> None:
    """Another login has the address: said with the contacts it serves; nothing is written, nobody is mailed."""
    staff = await given_staff(deps)
    client = await given_joined_client(deps, staff)
    await given_one_login_on_three(deps)
    before = await every_row()
    with pytest.raises(LoginTaken) as taken:
        await change_login_address(deps, staff, client.contact_id, 'ines@holm.example')
    assert taken.value == LoginTaken('ines@holm.example', ('Holm Bau AG', 'Holm Stiftung', 'Ines Holm'))
    after = await every_row()
    assert {name for name in before if before[name] != after[name]} <= {'rate_log'}, 'only the try is counted'


async def test_what_cannot_be_asked(deps: Dependencies) -> None:
    staff = await given_staff(deps)
    client = await given_joined_client(deps, staff)
    nobody = await given_contact(deps, 'Ohne Adresse', '')
    closed = await given_contact(deps, 'Zu Bert', 'bert@zu.example', access=False)
    for contact_id, address, error in (
        (client.contact_id, 'not an address', AddressInvalid),
        (client.contact_id, f'{NEW}\r\nBcc: x@x.example', AddressInvalid),
        (client.contact_id, OLD.upper(), SameAddress),
        (nobody.id, NEW, NoLogin),
        (closed.id, NEW, NoAccess),
        (4711, NEW, ContactNotFound),
    ):
        with pytest.raises(error):
            await change_login_address(deps, staff, contact_id, address)
    assert await mails_to(deps, NEW) == []
    assert await read_login(deps, staff, nobody.id) is None
    with pytest.raises(ContactNotFound):
        await read_login(deps, staff, 4711)


async def test_it_asks_for_a_fresh_sign_in(deps: Dependencies, clock: FixedClock) -> None:
    """R38: staff who proved who they are more than 15 minutes ago do it once more; reading and cancelling need none."""
    staff = await given_staff(deps)
    client = await given_joined_client(deps, staff)
    await asked_for_address(deps, staff, client.contact_id, NEW)
    later(clock, minutes=15)
    with pytest.raises(SignInNotFresh):
        await change_login_address(deps, staff, client.contact_id, 'third@x.example')
    assert await mails_to(deps, 'third@x.example') == []
    assert await read_login(deps, staff, client.contact_id)
    await cancel_address_change(deps, staff, client.contact_id)


async def test_cancelling(deps: Dependencies) -> None:
    """The change is taken back: its link dies, its mail too if it is not out yet, all else stays."""
    staff = await given_staff(deps)
    client = await given_joined_client(deps, staff)
    with pytest.raises(NoAddressChange):
        await cancel_address_change(deps, staff, client.contact_id)
    token = await asked_for_address(deps, staff, client.contact_id, NEW)
    told = heard(deps, LoginChanged)
    await cancel_address_change(deps, staff, client.contact_id)
    assert told == [LoginChanged(client.actor.login_id)]
    with pytest.raises(LinkExpired) as dead:
        await confirm_login_address(deps, a_visitor(), token)
    assert dead.value.reason is DeadLink.CANCELLED
    assert (await newest_mail(deps, NEW)).row.state == 'cancelled'
    details = await read_login(deps, staff, client.contact_id)
    assert details
    assert details.waiting is None
    assert await current_client(deps, client.raw) is not None
    assert len(await audit_rows(AuditKind.LOGIN_ADDRESS_CANCELLED)) == 1


async def test_asking_again_and_asking_for_another(deps: Dependencies, clock: FixedClock) -> None:
    """R8: the newer mail voids the older; the time begins anew."""
    staff = await given_staff(deps)
    client = await given_joined_client(deps, staff)
    with pytest.raises(NoAddressChange):
        await send_address_link_again(deps, staff, client.contact_id)
    first = await asked_for_address(deps, staff, client.contact_id, NEW)
    later(clock, hours=11)
    again = await send_address_link_again(deps, staff, client.contact_id)
    assert again.expires_at > clock.now().replace(microsecond=0)
    second = address_token_in(await newest_mail(deps, NEW))
    assert second != first
    with pytest.raises(LinkExpired) as dead:
        await confirm_login_address(deps, a_visitor(), first)
    assert dead.value.reason is DeadLink.REPLACED
    fresh = await given_staff(deps)
    third = await asked_for_address(deps, fresh, client.contact_id, 'third@x.example')
    with pytest.raises(LinkExpired):
        await confirm_login_address(deps, a_visitor(), second)
    await confirm_login_address(deps, a_visitor(), third)
    assert (await Login.get(id=client.actor.login_id)).email == 'third@x.example'


async def test_revoking_ends_a_change_that_waits(deps: Dependencies) -> None:
    """R13: nothing that was sent out goes on after access was switched off."""
    staff = await given_staff(deps)
    client = await given_joined_client(deps, staff)
    token = await asked_for_address(deps, staff, client.contact_id, NEW)
    await revoke_access(deps, staff, client.contact_id)
    with pytest.raises(LinkExpired):
        await confirm_login_address(deps, a_visitor(), token)
    assert (await Contact.get(id=client.contact_id)).email == OLD


async def test_revoking_ends_a_half_finished_sign_in(deps: Dependencies, clock: FixedClock) -> None:
    """R13: whoever was between the first factor and the second is out too."""
    staff = await given_staff(deps)
    client = await given_joined_client(deps, staff)
    await given_second_factor(deps, client.actor, client.raw, clock)
    link = await make_magic_link(deps, staff, client.contact_id)
    assert isinstance(await redeem_magic_link(deps, a_visitor(), token_of(link.url)), SecondStepRequired)
    assert await PendingSignIn.all().count() == 1
    await revoke_access(deps, staff, client.contact_id)
    assert await PendingSignIn.all().count() == 0


async def test_revoking_one_of_three_ends_a_half_finished_sign_in(deps: Dependencies, clock: FixedClock) -> None:
    """R13: the login still serves others, and whoever was half way in begins anew, as one of those."""
    staff = await given_staff(deps)
    three = await given_one_login_on_three(deps)
    client = await come_in(deps, staff, three[0].id)
    await given_second_factor(deps, client.actor, client.raw, clock)
    link = await make_magic_link(deps, staff, three[0].id)
    assert isinstance(await redeem_magic_link(deps, a_visitor(), token_of(link.url)), SecondStepRequired)
    await revoke_access(deps, staff, three[0].id)
    assert await PendingSignIn.all().count() == 0


async def test_what_staff_see_of_a_login(deps: Dependencies, clock: FixedClock) -> None:
    """Two-factor and password since when, whom it serves; nothing that opens a door (R21)."""
    staff = await given_staff(deps)
    three = await given_one_login_on_three(deps)
    await revoke_access(deps, staff, three[2].id)
    client = await come_in(deps, staff, three[0].id)
    now = clock.now()
    await Login.filter(id=client.actor.login_id).update(password_hash='$argon2id$x', password_set_at=now)
    await given_second_factor(deps, client.actor, client.raw)
    seen = await read_login(deps, staff, three[1].id)
    assert seen
    assert (seen.email, seen.two_factor_since, seen.password_set_at) == ('ines@holm.example', now, now)
    assert [(one.name, one.has_access) for one in seen.serves] == [
        ('Holm Bau AG', True),
        ('Holm Stiftung', False),
        ('Ines Holm', True),
    ]
    assert (seen.may_enter, seen.password_works, seen.waiting, seen.locked_until) == (True, True, None, None)
    assert 'argon2' not in repr(seen)
