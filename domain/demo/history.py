"""Twenty weeks of a firm that moves its clients into a portal: whom it asked in, who came, how often, who had to go.

Everything is played through in order, so that figures, timelines, outbox and report tell one and the same story.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from math import log
from random import Random

from domain.access.sessions import ONLINE_FOR
from domain.audit import AuditKind
from domain.demo import names
from domain.demo.calendar import WEEKS, Calendar
from domain.demo.ledger import Colleague, Household, Ledger, Member
from domain.demo.people import Someone
from domain.demo.reminding import remind_the_waiting
from domain.texts import fold, search_text

# How many of 2,000 clients are asked in each week: a pilot, the great wave, then what is left.
WAVES = (12, 25, 40, 90, 130, 140, 112, 95, 85, 80, 76, 70, 62, 60, 55, 50, 52, 46, 42, 52)
IMPORTED = 0.82  # share of the clients that were there before the portal
INVITATION_LASTS = timedelta(days=7)
VISITS_A_WEEK = (0.05, 0.05, 0.05, 0.25, 0.25, 0.25, 0.25, 0.8, 0.8, 2.6)
METHODS = ('code',) * 9 + ('login_email',) * 8 + ('magic_link',) * 2 + ('staff_mail',)
IDLE, ABSOLUTE = timedelta(days=7), timedelta(days=30)


@dataclass
class History:
    """Plays the weeks into a ledger, up to `calendar.now`."""

    dice: Random
    calendar: Calendar
    ledger: Ledger
    staff: list[Colleague]

    def play(self, clients: list[tuple[Someone, ...]]) -> None:
        """Everything, from the day the contacts were imported."""
        self._meet(clients)
        self._ask_in()
        self._work()
        remind_the_waiting(self.ledger, self.calendar.now)

    # ── The contacts ─────────────────────────────────────────────────────────

    def _meet(self, clients: list[tuple[Someone, ...]]) -> None:
        opening = self.calendar.opening_day
        imported = self.calendar.moment(opening - timedelta(days=4), 14.3)
        late = len(clients) * (1 - IMPORTED)
        met = [imported] * (len(clients) - int(late)) + sorted(
            self.calendar.at_work(self.dice.choice(self.calendar.working_days(week) or [opening]))
            for week in (self.dice.randrange(WEEKS) for _ in range(int(late)))
        )
        contact_id = 0
        for number, (group, at) in enumerate(zip(clients, met, strict=True), 1):
            address = group[0].email
            house = Household(address, number, [], self._ip(), self.dice.choice(names.BROWSERS))
            for someone in group:
                contact_id += 1
                created = min(at + timedelta(seconds=contact_id % 9), self.calendar.now)
                member = Member(contact_id, _contact_row(contact_id, someone, created, number if address else None))
                (house.members if address else self.ledger.nobody).append(member)
                who = self.staff[0] if at == imported else self.dice.choice(self.staff[1:])
                self.ledger.by_staff(created, AuditKind.CONTACT_CREATED, who, member)
            if address:
                house.login = {'id': number, 'email': address, 'created_at': at}
                self.ledger.households.append(house)

    def _ip(self) -> str:
        return f'{self.dice.choice(("203.0.113", "198.51.100", "192.0.2"))}.{self.dice.randrange(1, 255)}'

    # ── Invitations ──────────────────────────────────────────────────────────

    def _ask_in(self) -> None:
        waiting = list(self.ledger.households)
        self.dice.shuffle(waiting)
        scale = sum(len(house.members) for house in waiting) / 1_900
        for week, wave in enumerate(WAVES):
            days = self.calendar.working_days(week)
            wanted = wave * scale * len(days) / 5
            while days and wanted > 0 and waiting:
                house = waiting.pop()
                day = self.dice.choice(days)
                at = self.calendar.at_work(day)
                known = max(member.row['created_at'] for member in house.members)
                if known > at:
                    waiting.insert(0, house)
                    wanted -= 0.05  # an early week may know nobody else
                    continue
                wanted -= len(house.members)
                if at < self.calendar.now:
                    self._invite(house, at)
        for house in waiting[: int(len(waiting) * 0.16)]:
            who, created = self.dice.choice(self.staff), house.members[0].row['created_at']
            at = self._some_time_since(created) or created
            for member in house.members:
                self._give_access(member, max(at, member.row['created_at']), who)

    def _invite(self, house: Household, at: datetime) -> None:
        who = self.dice.choice(self.staff)
        refusal = self.dice.choice(names.REFUSALS) if self.dice.random() < 0.022 else ''
        letter = self.dice.choice(names.LETTERS)
        for number, member in enumerate(house.members):
            moment = min(at + timedelta(seconds=20 * number), self.calendar.now)
            self._give_access(member, moment, who)
            self.ledger.by_staff(moment, AuditKind.INVITED, who, member, message=letter)
            self.ledger.posted(moment, 'invitation', house, member, who, refusal)
            member.row |= {
                'invited_at': moment,
                'invited_by_id': who.id,
                'invitation_expires_at': moment + INVITATION_LASTS,
                'email_status': 'refused' if refusal else 'sent',
            }
            self.ledger.invitations.append(
                {
                    'id': len(self.ledger.invitations) + 1,
                    'contact_id': member.id,
                    'email': house.address,
                    'message': letter,
                    'invited_by_id': who.id,
                    'created_at': moment,
                    'expires_at': moment + INVITATION_LASTS,
                }
            )
        if refusal:
            return
        joined = self._comes_after(at, 0.74)
        if joined is None and at + INVITATION_LASTS < self.calendar.now and self.dice.random() < 0.55:
            joined = self._ask_again(house, at + INVITATION_LASTS, who)
        if joined is not None:
            self._join(house, joined)

    def _ask_again(self, house: Household, expired: datetime, who: Colleague) -> datetime | None:
        day = (expired + timedelta(days=self.dice.randrange(1, 7))).astimezone(self.calendar.zone).date()
        at = self.calendar.at_work(day + timedelta(days=(7 - day.weekday()) if day.weekday() > 4 else 0))
        if at >= self.calendar.now:
            return None
        for number, member in enumerate(house.members):
            moment = min(at + timedelta(seconds=15 * number), self.calendar.now)
            self.ledger.by_staff(moment, AuditKind.INVITED_AGAIN, who, member, message='')
            self.ledger.posted(moment, 'invitation', house, member, who)
            member.row['invitation_expires_at'] = moment + INVITATION_LASTS
            for invitation in self._invitations_of(house):
                invitation |= {'renewed_at': moment, 'expires_at': moment + INVITATION_LASTS}
        return self._comes_after(at, 0.62)

    def _comes_after(self, asked: datetime, chance: float) -> datetime | None:
        """When somebody who was asked in uses the link: most on the same day, some much later, some never."""
        if self.dice.random() > chance:
            return None
        wait = timedelta(hours=min(self.dice.lognormvariate(log(4.5), 1.5), 160))
        at = self.calendar.awake(asked + max(wait, timedelta(minutes=2)))
        return at if at < min(self.calendar.now, asked + INVITATION_LASTS) else None

    def _invitations_of(self, house: Household) -> list[dict[str, object]]:
        ids = {member.id for member in house.members}
        return [row for row in self.ledger.invitations[-len(ids) - 2 :] if row['contact_id'] in ids]

    def _give_access(self, member: Member, at: datetime, who: Colleague) -> None:
        member.row |= {'portal_access': True, 'access_granted_at': at, 'updated_at': at}
        self.ledger.by_staff(at, AuditKind.ACCESS_GRANTED, who, member)

    # ── Coming and going ─────────────────────────────────────────────────────

    def _join(self, house: Household, at: datetime) -> None:
        for member in house.members:
            member.row |= {'joined_at': at, 'invitation_expires_at': None}
            self.ledger.by_client(at, AuditKind.JOINED, house, member)
        for invitation in self._invitations_of(house):
            invitation['accepted_at'] = at
        self._sign_in(house, at, 'invitation')
        stays_until = self.calendar.now
        if self.dice.random() < 0.045:
            stays_until = self._some_time_since(at) or stays_until
        rate = self.dice.choice(VISITS_A_WEEK)
        while True:
            at = self.calendar.awake(at + timedelta(days=7 * self.dice.expovariate(rate), minutes=9))
            if at >= stays_until:
                break
            self._visit(house, at)
        if stays_until < self.calendar.now:
            self._revoke(house, stays_until)

    def _visit(self, house: Household, at: datetime) -> None:
        method = self.dice.choice(METHODS)
        asked = at - timedelta(seconds=self.dice.uniform(25, 170))
        member = house.members[0] if len(house.members) == 1 else self.dice.choice(house.members)
        if method in ('magic_link', 'staff_mail'):
            asked -= timedelta(minutes=self.dice.uniform(1, 9))
            if not self.calendar.is_working_time(asked):
                method = 'code'
        if method in ('magic_link', 'staff_mail'):
            who = self.dice.choice(self.staff)
            if method == 'magic_link':
                self.ledger.by_staff(asked, AuditKind.LINK_MADE, who, member)
            else:
                self.ledger.by_staff(asked, AuditKind.LOGIN_EMAIL_SENT, who, member)
                self.ledger.posted(asked, 'login_email', house, member, who)
        else:
            self.ledger.by_client(asked, AuditKind.LOGIN_EMAIL_ASKED, house)
            self.ledger.posted(asked, 'sign_in', house, None, None)
        self._sign_in(house, at, 'login_email' if method == 'staff_mail' else method)

    def _sign_in(self, house: Household, at: datetime, method: str) -> None:
        alone = house.members[0] if len(house.members) == 1 else None
        self.ledger.by_client(at, AuditKind.SIGNED_IN, house, alone, method=method)
        house.login |= {'last_sign_in_at': at, 'last_sign_in_method': method}
        seen = min(at + timedelta(minutes=self.dice.expovariate(1 / 9)), self.calendar.now)
        if self.dice.random() < 0.3:
            self.ledger.by_client(seen, AuditKind.SIGNED_OUT, house)
        elif at + IDLE > self.calendar.now:
            self.ledger.sessions.append(
                {
                    'token_hash': f'{self.dice.getrandbits(256):064x}',
                    'login_id': house.login_id,
                    'contact_id': (alone or house.spokesman).id,
                    'method': method,
                    'created_at': at,
                    'last_seen_at': seen,
                    'online_until': min(seen, self.calendar.now - ONLINE_FOR),
                    'idle_expires_at': seen + IDLE,
                    'expires_at': at + ABSOLUTE,
                    'ip': house.ip,
                    'user_agent': house.browser,
                }
            )

    def _revoke(self, house: Household, at: datetime) -> None:
        """A client that left the firm. Of several behind one address, some leave alone."""
        who = self.dice.choice(self.staff[:3])
        leaving = house.members if self.dice.random() < 0.6 else house.members[-1:]
        if len(leaving) == len(house.members):
            self.ledger.sessions = [row for row in self.ledger.sessions if row['login_id'] != house.login_id]
        for member in leaving:
            member.row |= {'portal_access': False, 'access_revoked_at': at, 'updated_at': at}
            self.ledger.by_staff(at, AuditKind.ACCESS_REVOKED, who, member, sessions=1, links=0, invitations=0)

    # ── The firm's days ──────────────────────────────────────────────────────

    def _work(self) -> None:
        members = [member for house in self.ledger.households for member in house.members]
        for week in range(WEEKS):
            for day in self.calendar.working_days(week):
                self._day(day, members, since=week)

    def _day(self, day: date, members: list[Member], since: int) -> None:
        owner, *others = self.staff
        for who in self.staff:
            if self.dice.random() < 0.09:
                continue  # away
            came = self.calendar.moment(day, self.dice.triangular(7.7, 9.4, 8.4))
            if self.dice.random() < 0.03:
                self._note(came - timedelta(seconds=21), AuditKind.STAFF_SIGN_IN_REFUSED, who)
            self._note(came, AuditKind.STAFF_SIGNED_IN, who)
            if self.dice.random() < 0.4:
                self._note(
                    self.calendar.moment(day, self.dice.triangular(16.2, 18.6, 17.4)), AuditKind.STAFF_SIGNED_OUT, who
                )
        for _ in range(self.dice.randrange(3, 10)):
            at, member = self.calendar.at_work(day), self.dice.choice(members)
            if member.row['created_at'] < at < self.calendar.now:
                self.ledger.by_staff(at, AuditKind.CONTACT_EDITED, self.dice.choice(others), member)
        if day.weekday() == 0 and since % 2 == 0:
            at = self.calendar.moment(day, 9.6)
            if at < self.calendar.now:
                self.ledger.by_staff(at, AuditKind.REPORT_EXPORTED, owner)

    def _note(self, at: datetime, kind: AuditKind, who: Colleague) -> None:
        if at < self.calendar.now:
            refused = kind is AuditKind.STAFF_SIGN_IN_REFUSED
            self.ledger.at_staff_door(at, kind, who, 'refused' if refused else 'done')

    def _some_time_since(self, since: datetime) -> datetime | None:
        """During working hours; None when there have been none since, or hardly any."""
        span = (self.calendar.now - since).days
        for _ in range(6):
            day = (since + timedelta(days=self.dice.randint(0, max(span, 0)))).astimezone(self.calendar.zone).date()
            at = self.calendar.at_work(day)
            if day.weekday() < 5 and since < at < self.calendar.now:
                return at
        return None


def _contact_row(contact_id: int, someone: Someone, at: datetime, login_id: int | None) -> dict[str, object]:
    return {
        'id': contact_id,
        'kind': someone.kind,
        'name': someone.name,
        'name_key': fold(someone.name)[:200],
        'organisation': someone.organisation,
        'organisation_key': fold(someone.organisation)[:200],
        'search_text': search_text(someone.name, someone.organisation, someone.email),
        'email': someone.email or None,
        'login_id': login_id,
        'created_at': at,
        'updated_at': at,
    }
