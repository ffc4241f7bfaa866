"""Fills an empty database with the demo firm, and plays its last hour through the same deeds that serve a real one."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta, tzinfo
from random import Random

from domain.access.login_emails import send_login_emails
from domain.access.magic_links import redeem_magic_link
from domain.access.sign_in import no_second_step
from domain.access.sign_in_codes import ask_for_sign_in, redeem_code
from domain.actors import Role, StaffActor, Visitor
from domain.audit import AuditKind
from domain.contacts.invitations import invite_contact
from domain.demo import names
from domain.demo.calendar import Calendar
from domain.demo.coming_in import fill_the_home
from domain.demo.history import INVITATION_LASTS, History
from domain.demo.ledger import Colleague, Household, Ledger
from domain.demo.people import Directory, spelled
from domain.dependencies import Dependencies, SystemRandomness
from domain.unit_of_work import deed, unit_of_work
from storage import demo_rows
from storage.models import ClientSession, OutboxMail, PortalSettings, StaffMember, StaffSession

SEED = 1906
CONTACTS = 2_000
LAST_HOUR = timedelta(minutes=70)


@dataclass(frozen=True)
class Guest:
    """A client that can be played: asked in and not here yet (`link`), or joined."""

    name: str
    email: str
    ip: str
    browser: str
    link: str = ''


@dataclass(frozen=True)
class DemoFirm:
    """How to look around, and who may still come in by itself."""

    name: str
    owner_email: str
    admin_email: str
    staff_email: str
    password: str
    client: Guest
    waiting: tuple[Guest, ...]
    regulars: tuple[Guest, ...]
    online: tuple[int, ...]  # sessions that seem to have a page open


class SteppingClock:
    """Stands where it was put, so that the deeds of the last hour happen in that hour."""

    def __init__(self, at: datetime) -> None:
        self._at = at

    def now(self) -> datetime:
        return self._at

    def forward(self, to: datetime) -> None:
        self._at = max(self._at, to)


class RememberingRandomness(SystemRandomness):
    """Real randomness that remembers the last code, so that a client who was made up can type it."""

    def __init__(self) -> None:
        self.last_code = ''

    def code(self) -> str:
        self.last_code = super().code()
        return self.last_code


@deed
async def fill_demo(deps: Dependencies, *, contacts: int = CONTACTS, zone: tzinfo | None = None) -> DemoFirm:
    """Fill a database that is empty. Names are the same each time; dates, links and the password are not.

    `zone` is where the firm works; the zone of this machine unless told. Raises RuntimeError when somebody is there.
    """
    if await StaffMember.exists():
        raise RuntimeError('the demo is only for an empty database')
    now = deps.clock.now()
    dice = Random(SEED)  # noqa: S311 - names and dates; every secret comes from deps.randomness
    password = _password(deps)
    hashes = [await deps.hasher.hash(password) for _ in names.STAFF]
    staff = [
        Colleague(
            number, name, f'{spelled(name.split()[0])}@{names.DOMAIN}', '192.0.2.10', names.BROWSERS[number % 3 + 1]
        )
        for number, (name, _) in enumerate(names.STAFF, 1)
    ]
    calendar = Calendar(dice, now - LAST_HOUR, zone)
    ledger = Ledger(dice)
    History(dice, calendar, ledger, staff).play(Directory(dice).clients(contacts))
    async with unit_of_work(deps) as work:
        await _open_the_firm(ledger, staff, hashes, calendar)
        await fill_the_home(calendar.moment(calendar.opening_day, 9.5))
        await ledger.write()
        works = [await _sit_down(one, work.now, dice) for one in staff]
    lately = _LastHour(deps, calendar, ledger, [_actor(*pair) for pair in zip(staff, works, strict=True)], now)
    return await lately.play(password)


async def _open_the_firm(ledger: Ledger, staff: list[Colleague], hashes: list[str], calendar: Calendar) -> None:
    before = calendar.moment(calendar.opening_day - timedelta(days=5), 10.4)
    rows = [
        {
            'id': one.id,
            'email': one.email,
            'name': one.name,
            'role': role,
            'password_hash': hashed,
            'created_at': before,
            'last_sign_in_at': calendar.now,
        }
        for one, (_, role), hashed in zip(staff, names.STAFF, hashes, strict=True)
    ]
    await demo_rows.insert_rows(StaffMember, rows)
    ledger.by_system(before, AuditKind.OWNER_CREATED, staff_id=1, actor_name=staff[0].name)
    named = {'firm_name': names.FIRM}
    ledger.by_staff(before + timedelta(minutes=4), AuditKind.SETTINGS_CHANGED, staff[0], changed=named)
    await PortalSettings.filter(id=1).update(
        **named,
        invitation_days=INVITATION_LASTS.days,
        sign_in_link_minutes=30,
        firm_named_at=before,
        checklist_put_away_at=before,
        setup_closed_at=before,
    )


async def _sit_down(one: Colleague, now: datetime, dice: Random) -> int:
    """A staff session whose cookie nobody has; its id."""
    row = await StaffSession.create(
        token_hash=f'{dice.getrandbits(256):064x}',
        staff_id=one.id,
        created_at=now,
        last_seen_at=now,
        idle_expires_at=now + timedelta(hours=12),
        expires_at=now + timedelta(hours=12),
        ip=one.ip,
        user_agent=one.browser,
    )
    return int(row.id)


def _actor(one: Colleague, session_id: int) -> StaffActor:
    return StaffActor(session_id, one.id, one.name, one.email, Role(names.STAFF[one.id - 1][1]), one.ip, one.browser)


def _password(deps: Dependencies) -> str:
    """Sixteen letters and digits in groups, easy to type over."""
    letters = [letter for letter in deps.randomness.token().lower() if letter.isalnum()][:16]
    return '-'.join(''.join(letters[start : start + 4]) for start in range(0, 16, 4))


class _LastHour:
    """What happened a moment ago, done by the very deeds that pages call: live links, readable mail, real sessions."""

    def __init__(
        self, deps: Dependencies, calendar: Calendar, ledger: Ledger, staff: list[StaffActor], now: datetime
    ) -> None:
        self._dice, self._ledger, self._staff, self._now = calendar.dice, ledger, staff, now
        self._clock = SteppingClock(now - LAST_HOUR + timedelta(minutes=5))
        self._randomness = RememberingRandomness()
        self._deps = replace(deps, clock=self._clock, randomness=self._randomness)
        self._at_work = calendar.is_working_time(now)

    async def play(self, password: str) -> DemoFirm:
        fresh = [
            house for house in self._ledger.households if not any('invited_at' in one.row for one in house.members)
        ]
        fresh = [house for house in fresh if len(house.members) == 1 and not house.members[0].row.get('portal_access')]
        regulars = [house for house in self._ledger.households if self._may_come(house)]
        self._dice.shuffle(regulars)
        inside, asking, called = regulars[:9], regulars[9:14], regulars[14:18]
        waiting: list[Guest] = []
        online: list[int] = []
        steps = max(len(fresh[:12]), len(inside))
        for number in range(steps):
            self._clock.forward(self._now - (LAST_HOUR - timedelta(minutes=6)) * (1 - number / steps))
            for house in fresh[number : number + 1]:
                waiting += await self._invite(house)
            for house in inside[number : number + 1]:
                online += await self._come_in(house)
            if number % 3 == 1 and called:
                house = called.pop()
                await send_login_emails(self._deps, self._someone(), [house.members[0].id])
            if number % 2 and asking:
                house = asking.pop()
                await ask_for_sign_in(self._deps, _visitor(house), house.address)
        came, waiting = waiting[1:4], [*waiting[:1], *waiting[4:]]
        for number, guest in enumerate(came):
            self._clock.forward(self._now - timedelta(minutes=11 - 4 * number))
            visitor = Visitor(guest.ip, guest.browser)
            online.append(no_second_step(await redeem_magic_link(self._deps, visitor, guest.link)).session_id)
        await self._settle(online)
        return DemoFirm(
            name=names.FIRM,
            owner_email=self._staff[0].email,
            admin_email=self._staff[1].email,
            staff_email=self._staff[3].email,
            password=password,
            client=_guest(_several(regulars[18:]) or regulars[0]) if regulars else waiting[0],
            waiting=tuple(waiting),
            regulars=tuple(_guest(house) for house in regulars[18:]),
            online=tuple(online),
        )

    def _may_come(self, house: Household) -> bool:
        return all(member.row.get('joined_at') and member.row.get('portal_access') for member in house.members)

    def _someone(self) -> StaffActor:
        return self._dice.choice(self._staff) if self._at_work else self._staff[0]

    async def _invite(self, house: Household) -> list[Guest]:
        member = house.members[0]
        letter = self._dice.choice(names.LETTERS)
        invited = await invite_contact(self._deps, self._someone(), member.id, letter)
        return [Guest(member.name, house.address, house.ip, house.browser, invited.link.rpartition('/')[2])]

    async def _come_in(self, house: Household) -> list[int]:
        visitor = _visitor(house)
        await ask_for_sign_in(self._deps, visitor, house.address)
        self._clock.forward(self._clock.now() + timedelta(seconds=self._dice.uniform(20, 70)))
        return [no_second_step(await redeem_code(self._deps, visitor, self._randomness.last_code)).session_id]

    @deed
    async def _settle(self, online: list[int]) -> None:
        """Some pages are still open, and one mail server was not in the mood."""
        async with unit_of_work(self._deps):
            stays = self._dice.sample(online, len(online) * 3 // 4)
            await demo_rows.come_online(stays, self._now + timedelta(minutes=45))
            older = (
                await ClientSession.exclude(id__in=online)
                .order_by('-last_seen_at')
                .limit(6)
                .values_list('id', flat=True)
            )
            await demo_rows.come_online([int(str(one)) for one in older], self._now + timedelta(minutes=20))
            newest = await OutboxMail.filter(kind='invitation', state='captured').order_by('-id').limit(2)
            again = self._now + timedelta(minutes=17)
            await demo_rows.put_off([mail.id for mail in newest], names.GREYLISTED, again)


def _visitor(house: Household) -> Visitor:
    return Visitor(house.ip, house.browser, browser=f'browser of {house.address}')


def _guest(house: Household) -> Guest:
    return Guest(house.spokesman.name, house.address, house.ip, house.browser)


def _several(houses: list[Household]) -> Household | None:
    """A client behind whose address stand several contacts: the one to show."""
    return next((house for house in houses if len(house.members) > 1 and house.spokesman.row['kind'] == 'person'), None)
