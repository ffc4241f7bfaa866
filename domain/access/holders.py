"""Whose second factor it is: a login's or a staff member's, who have the same rules and rows of their own."""

import json
from dataclasses import dataclass
from typing import Literal

from domain.actors import ClientActor, StaffActor
from domain.dependencies import Dependencies
from storage import second_factor_claims as claims


@dataclass(frozen=True)
class Holder:
    """Somebody who has a second factor, or may set one up."""

    kind: claims.Kind
    id: int
    email: str

    @property
    def name_for_limits(self) -> str:
        """By which its failures are counted (R25)."""
        return f'{self.kind}:{self.id}'

    @property
    def bound_to(self) -> str:
        """What its secret and its recovery codes are bound to, so that they cannot be moved to another row (R26)."""
        return f'{self.name_for_limits}:totp'


def holder_of(actor: ClientActor | StaffActor) -> Holder:
    """The holder that is signed in."""
    if isinstance(actor, StaffActor):
        return Holder('staff', actor.staff_id, actor.email)
    return Holder('login', actor.login_id, actor.email)


SealedName = Literal['secret', 'new_phone', 'codes', 'recovery_code_used']


async def read_sealed(deps: Dependencies, holder: Holder, session_id: int, name: SealedName) -> str:
    """What this session keeps for its browser under this name; empty if nothing."""
    sealed = await claims.sealed_of(holder.kind, session_id)
    if not sealed:
        return ''
    try:
        kept = json.loads(deps.cipher.decrypt(sealed, _bound_to(holder, session_id)))
    except ValueError:  # encrypted with a key that is gone: as if nothing was there
        return ''
    return str(kept.get(name, ''))


def seal(deps: Dependencies, holder: Holder, session_id: int, name: SealedName, text: str) -> str:
    """`text` as the session may keep it."""
    return deps.cipher.encrypt(json.dumps({name: text}), _bound_to(holder, session_id))


def _bound_to(holder: Holder, session_id: int) -> str:
    table = 'client_session' if holder.kind == 'login' else 'staff_session'
    return f'{table}:{session_id}:sealed'
