"""A real form that the browser posts to a door, and leaves its page with the answer."""

from nicegui import ui as nui

_ONCE = """(event) => {
    const form = event.currentTarget;
    if (form.dataset.sent) { event.preventDefault(); return; }
    form.dataset.sent = 'yes';
    const sent_elsewhere = window.socket?.listeners('open') ?? [];
    window.socket?.off('open');
    setTimeout(() => {
        delete form.dataset.sent;
        sent_elsewhere.forEach((listener) => window.socket.on('open', listener));
    }, 8000);
}"""
"""A second click does not post it again: the answer to the first may carry a session that the second would throw away.

Nor is the page sent anywhere else meanwhile: the session it belongs to may be over before the answer is here. Where no
answer came, the form can be posted again after eight seconds, and the page goes where it is sent again.
"""


def door_form(action: str) -> nui.element:
    """`with door_form('/sign-in/verify'):` holds fields with names and a button that submits; posted once."""
    form = nui.element('form').classes('fy-stack')
    form.props['method'] = 'post'
    form.props['action'] = action
    form.props['novalidate'] = True  # what is wrong is told by us, at its field, in the reader's language
    form.on('submit', js_handler=_ONCE)
    return form
