"""What jobs, their members' results and their stops are called."""

from collections.abc import Mapping
from typing import Any

from domain.language import gettext as _


def job_title(kind: str, facts: Mapping[str, Any]) -> str:
    """What a job does, at the beginning of a sentence."""
    words = {
        'invite': _('Invite to Client Portal'),
        'login_email': _('Send Login Email'),
        'give_access': _('Give access'),
        'revoke_access': _('Revoke access'),
        'delete': _('Delete contacts'),
        'reminder': _('Send reminder'),
        'import': _('Import contacts'),
    }
    title = words.get(kind, _('Job'))
    name = str(facts.get('name') or '')
    return f'{title} · {name}' if name else title
