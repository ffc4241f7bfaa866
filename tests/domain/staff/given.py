"""What the tests of the team start from."""

import re

from domain.access.sessions import current_staff
from domain.actors import Role, StaffActor
from domain.dependencies import Dependencies
from domain.staff.staff_invitations import invite_staff
from tests.factories import ReadMail, every_row, newest_mail

BEA = 'bea@firm.example'


async def signed_in(deps: Dependencies, raw: object) -> StaffActor:
    """The member of a session that has just begun."""
    assert isinstance(raw, str)
    actor = await current_staff(deps, raw, '203.0.113.7', 'Door/1')
    assert actor
    return actor


def token_in(mail: ReadMail) -> str:
    """The token of the link of a mail to staff, the same in both of its parts."""
    (link,) = set(re.findall(r'https?://\S+/staff/[a-z-]+/[\w-]+', mail.text))
    assert link in mail.html
    return str(link).rpartition('/')[2]


async def given_staff_invitation(
    deps: Dependencies, actor: StaffActor, role: Role = Role.STAFF, *, name: str = 'Bea Lund', email: str = BEA
) -> str:
    """Somebody was asked into the team; the token of the mail."""
    await invite_staff(deps, actor, name, email, role)
    return token_in(await newest_mail(deps, email))


async def all_but_counters() -> dict[str, list[dict[str, object]]]:
    """Every row of every table, but how often something was tried."""
    return {table: rows for table, rows in (await every_row()).items() if table != 'rate_log'}
