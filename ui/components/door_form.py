"""A real form that the browser posts to a door, and leaves its page with the answer."""

from nicegui import ui as nui

PATIENCE = 40  # seconds that an answer may take: longer than a request waits for the database

_ONCE = """(event) => {
    const form = event.currentTarget;
    if (form.dataset.sent) { event.preventDefault(); return; }
    form.dataset.sent = 'yes';
    window.foyerSent = form;
    const goes = window.foyerGoes ??= window.socket?.listeners('open') ?? [];
    let sentTo = null;
    window.socket?.off('open');
    window.socket?.on('open', (message) => { sentTo = message; });
    setTimeout(() => {
        delete form.dataset.sent;
        if (window.foyerSent !== form) return;
        window.socket?.off('open');
        for (const listener of goes) {
            window.socket.on('open', listener);
            if (sentTo) listener(sentTo);
        }
    }, PATIENCE * 1000);
}""".replace('PATIENCE', str(PATIENCE))
"""A second click does not post it again: the answer to the first may carry a session that the second would throw away.

Nor is the page sent anywhere else meanwhile: the session it belongs to may be over before the answer is here. Where no
answer came, and the page is still there, the form can be posted again, and the page goes where it was sent meanwhile.
"""


def door_form(action: str) -> nui.element:
    """`with door_form('/sign-in/verify'):` holds fields with names and a button that submits; posted once."""
    form = nui.element('form').classes('fy-stack')
    form.props['method'] = 'post'
    form.props['action'] = action
    form.props['novalidate'] = True  # what is wrong is told by us, at its field, in the reader's language
    form.on('submit', js_handler=_ONCE)
    return form
