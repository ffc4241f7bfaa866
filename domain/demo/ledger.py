"""Rows of the demo, gathered in any order and written in the order of time, as a log is."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from operator import itemgetter
from random import Random
from typing import Any

from domain.audit import AuditKind
from domain.demo import names
from storage.demo_rows import insert_rows
from storage.models import AuditEvent, ClientSession, Contact, Invitation, Login, OutboxMail

SUBJECTS = {
    'invitation': f'Your invitation to {names.FIRM}',
    'reminder': f'Your invitation to the client portal of {names.FIRM} ends soon',
    'login_email': f'Sign in to {names.FIRM}',
    'sign_in': f'Sign in to {names.FIRM}',
}


@dataclass
class Member:
    """A contact and the columns of its row."""

    id: int
    row: dict[str, Any]

    @property
    def name(self) -> str:
        return str(self.row['name'])


@dataclass
class Household:
    """The contacts behind one address, and their login. Most are alone."""

    address: str
    login_id: int
    members: list[Member]
    ip: str
    browser: str
    login: dict[str, Any] = field(default_factory=dict)

    @property
    def spokesman(self) -> Member:
        """By whose name the whole login is spoken of."""
        return next((one for one in self.members if one.row['kind'] == 'person'), self.members[0])


@dataclass(frozen=True)
class Colleague:
    """A staff member of the demo."""

    id: int
    name: str
    email: str
    ip: str
    browser: str


@dataclass
class Ledger:
    """Collects what happened; `write` puts it into the database, oldest first."""

    dice: Random
    households: list[Household] = field(default_factory=list)
    nobody: list[Member] = field(default_factory=list)  # contacts without an address
    audit: list[dict[str, Any]] = field(default_factory=list)
    mail: list[dict[str, Any]] = field(default_factory=list)
    invitations: list[dict[str, Any]] = field(default_factory=list)
    sessions: list[dict[str, Any]] = field(default_factory=list)

    def by_staff(
        self, at: datetime, kind: AuditKind, who: Colleague, member: Member | None = None, **detail: Any
    ) -> None:
        """A staff member did something."""
        actor = {'actor_kind': 'staff', 'actor_id': who.id, 'actor_name': who.name, 'ip': who.ip}
        self._add(at, kind, {**actor, 'user_agent': who.browser}, member, detail)

    def at_staff_door(self, at: datetime, kind: AuditKind, who: Colleague, outcome: str = 'done') -> None:
        """A staff member came or went."""
        left = kind is AuditKind.STAFF_SIGNED_OUT
        actor = {'actor_kind': 'staff' if left else 'visitor', 'actor_id': who.id if left else None, 'ip': who.ip}
        self._add(
            at,
            kind,
            {**actor, 'actor_name': who.name, 'user_agent': who.browser, 'staff_id': who.id, 'outcome': outcome},
        )

    def by_client(
        self, at: datetime, kind: AuditKind, house: Household, member: Member | None = None, **detail: Any
    ) -> None:
        """A client did something at the door, or went."""
        left = kind is AuditKind.SIGNED_OUT
        actor = {
            'actor_kind': 'client' if left else 'visitor',
            'actor_id': house.login_id if left else None,
            'actor_name': house.address if left else house.spokesman.name,
        }
        where = {'ip': house.ip, 'user_agent': house.browser, 'login_id': house.login_id}
        self._add(at, kind, {**actor, **where}, member, detail)

    def by_system(self, at: datetime, kind: AuditKind, **columns: Any) -> None:
        """The terminal did something."""
        self._add(at, kind, {'actor_kind': 'system', 'actor_name': 'Terminal', **columns})

    def by_foyer(self, at: datetime, kind: AuditKind, member: Member) -> None:
        """Foyer did something by itself."""
        self._add(at, kind, {'actor_kind': 'system', 'actor_name': 'Foyer'}, member)

    def posted(
        self, at: datetime, kind: str, house: Household, member: Member | None, who: Colleague | None, refusal: str = ''
    ) -> None:
        """A mail went out, or was refused for good."""
        answer = refusal or self.dice.choice(names.TAKEN).format(self.dice.getrandbits(32))
        self.mail.append(
            {
                'kind': kind,
                'state': 'failed' if refusal else 'sent',
                'to_address': house.address,
                'to_name': (member or house.spokesman).name,
                'subject': SUBJECTS[kind],
                'message_id': f'<{self.dice.getrandbits(128):032x}@{names.DOMAIN}>',
                'contact_id': member.id if member else None,
                'contact_name': member.name if member else '',
                'login_id': house.login_id,
                'made_by_id': who.id if who else None,
                'made_by_name': who.name if who else '',
                'created_at': at,
                'next_try_at': at,
                'tries': 1,
                'last_answer': answer,
                'finished_at': at + timedelta(seconds=self.dice.uniform(0.4, 3)),
            }
        )

    async def write(self) -> None:
        """Write everything. Inside a unit of work."""
        await insert_rows(Login, [house.login for house in self.households])
        members = [member for house in self.households for member in house.members] + self.nobody
        await insert_rows(Contact, [member.row for member in sorted(members, key=lambda member: member.id)])
        await insert_rows(Invitation, sorted(self.invitations, key=itemgetter('created_at')))
        await insert_rows(ClientSession, sorted(self.sessions, key=itemgetter('created_at')))
        await insert_rows(OutboxMail, sorted(self.mail, key=itemgetter('created_at')))
        await insert_rows(AuditEvent, sorted(self.audit, key=itemgetter('at')))

    def _add(
        self,
        at: datetime,
        kind: AuditKind,
        columns: Mapping[str, Any],
        member: Member | None = None,
        detail: Mapping[str, Any] | None = None,
    ) -> None:
        subject = (
            {'contact_id': member.id, 'contact_name': member.name, 'login_id': member.row['login_id']} if member else {}
        )
        self.audit.append({'at': at, 'kind': kind.value, **subject, **columns, 'detail': dict(detail or {})})
