"""A sentence for the next page: a deed that leaves its page says there what it did."""

from nicegui import context

from domain.actors import StaffActor
from ui.components.basics import toast

_waiting: dict[int, str] = {}


def leave_word(actor: StaffActor, text: str) -> None:
    """Say this on the next page that `hear_word`s, in this session."""
    _waiting[actor.session_id] = text
    while len(_waiting) > 200:
        _waiting.pop(next(iter(_waiting)))


def hear_word(actor: StaffActor) -> None:
    """The page being built shows what was left for it, once its browser is there."""
    client = context.client

    def show() -> None:
        text = _waiting.pop(actor.session_id, '')
        if text:
            with client:
                toast(text)

    client.on_connect(show)
