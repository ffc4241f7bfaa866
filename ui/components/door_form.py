"""A real form that the browser posts to a door, and leaves its page with the answer."""

from nicegui import ui as nui

_ONCE = """(event) => {
    const form = event.currentTarget;
    if (form.dataset.sent) { event.preventDefault(); return; }
    form.dataset.sent = 'yes';
    window.socket?.off('open');
    setTimeout(() => { delete form.dataset.sent; }, 8000);
}"""
"""A second click does not post it again: the answer to the first may carry a session that the second would throw away.

Nor is the page sent anywhere else meanwhile: the session it belongs to may be over before the answer is here.
"""


def door_form(action: str) -> nui.element:
    """`with door_form('/sign-in/verify'):` holds fields with names and a button that submits; posted once."""
    form = nui.element('form').classes('fy-stack')
    form.props['method'] = 'post'
    form.props['action'] = action
    form.on('submit', js_handler=_ONCE)
    return form
