"""A place for a file: chosen or dropped, and sent as it is to one of our doors, which sees it come piece by piece."""

from collections.abc import Awaitable, Callable, Mapping

from nicegui import ui as nui

from ui.theme import icon as sprite


class FileDrop(nui.element, component='file_drop.js'):
    def __init__(
        self,
        action: str,
        onward: str = '',
        *,
        accept: str,
        most: int,
        words: Mapping[str, str],
        on_taken: Callable[[str], Awaitable[None]] | None = None,
    ) -> None:
        """The file is posted to `action`, its name in the query; the answer is 201 and its `id`, or a `message`.

        The browser then goes to `onward` and the id; without it the page stays, and `on_taken` is told the id, which
        whoever sits there may have made up. `most` is its greatest size in bytes. `words` are `choose`,
        `hint`, `going`, `cancel`, `lost` and `too_big`.
        """
        super().__init__()
        self._props.update(
            {
                'action': action,
                'onward': onward,
                'accept': accept,
                'most': most,
                'words': dict(words),
                'icons': {'file': sprite('upload')},
            }
        )
        if on_taken:
            self.on('taken', lambda event: on_taken(str(event.args)))
