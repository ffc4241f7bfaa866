"""A question before something that cannot be taken back."""

from collections.abc import Awaitable, Callable

from domain.errors import DomainError
from ui.components.basics import button, dialog, plain_text, toast
from ui.messages import say


def ask_first(title: str, text: str, label: str, act: Callable[[], Awaitable[None]]) -> None:
    """Ask; `act` runs after a click on the button named `label`. A refusal is said in a toast."""

    async def go() -> None:
        try:
            await act()
        except DomainError as error:
            toast(say(error), kind='bad')
        asked.close()

    with dialog(title) as asked:
        plain_text('p', text)
    with asked.foot:
        button('Keep', on_click=asked.close)
        button(label, kind='danger-fill', on_click=go)
    asked.on('hide', asked.delete)
    asked.open()
