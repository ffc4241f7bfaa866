"""Many rows of the audit log by one statement."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from storage.many_rows import Types, insert_many

_EACH: Types = (('contact_id', 'bigint'), ('contact_name', 'text'), ('login_id', 'bigint'), ('detail', 'jsonb'))
_ALIKE = {
    'at': 'timestamptz',
    'kind': 'text',
    'outcome': 'text',
    'actor_kind': 'text',
    'actor_id': 'bigint',
    'actor_name': 'text',
    'staff_id': 'bigint',
    'job_id': 'bigint',
    'ip': 'text',
    'user_agent': 'text',
}


@dataclass(frozen=True, slots=True)
class Whom:
    """A contact that something happened to."""

    contact_id: int
    contact_name: str
    login_id: int | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)


async def insert_audit_rows(alike: Mapping[str, Any], whom: Sequence[Whom]) -> None:
    """One row for each contact, in this order; `alike` holds the columns that are the same in all."""
    rows = [
        {
            'contact_id': one.contact_id,
            'contact_name': one.contact_name,
            'login_id': one.login_id,
            'detail': dict(one.detail),
        }
        for one in whom
    ]
    await insert_many('audit_event', _EACH, rows, {name: (kind, alike[name]) for name, kind in _ALIKE.items()})
