"""The button under "Nothing there?": it sends again, but not at once."""

from nicegui import ui as nui

from domain.language import gettext as _


class ResendButton(nui.element, component='resend_button.js'):
    def __init__(self, label: str, seconds: int) -> None:
        """Submits the plain form it stands in, once `seconds` have gone by; until then it says how many are left."""
        super().__init__()
        self._props['label'] = label
        self._props['seconds'] = seconds
        # Translators: a button that has to wait: "Send again in 0:48"
        self._props['wait-words'] = _('%(label)s in %(time)s')
