"""Which kinds of jobs there are for contacts."""

from domain.contacts import bulk_kinds
from domain.contacts.importing.run import ImportKind
from domain.jobs.kinds import register_kind


def register_kinds() -> None:
    """Let jobs be of these kinds."""
    for kind in (*bulk_kinds.KINDS, ImportKind):
        register_kind(kind())
