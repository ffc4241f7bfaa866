"""The dialog that shows a mail which waits in the outbox, as its reader would have it, links and all."""

from nicegui import html

from domain.actors import StaffActor
from domain.mail.outbox import CapturedMail, read_captured_mail
from ui.components.basics import button, dialog, plain_text
from ui.components.copy_button import CopyButton
from ui.dependencies import deps
from ui.staff.reach import warn_if_only_here


async def open_mail_dialog(actor: StaffActor, mail_id: int) -> None:
    """Open it; that the mail was read is recorded. Raises MailIsOver, MailNotFound, NotAllowed, SignedOut."""
    mail = await read_captured_mail(deps(), actor, mail_id)
    with dialog(mail.subject, f'To {mail.to}') as shown:
        shown.classes('fy-mail')
        text = plain_text('div', mail.text).classes('fy-mailtext')
        text.props('tabindex=0 role=group dir=auto')
        text.props['aria-label'] = 'Text of the mail'
        for link in _links(mail):
            _link(link)
        if mail.links:
            warn_if_only_here()
    with shown.foot:
        button('Done', on_click=shown.close)
    shown.on('hide', shown.delete)
    shown.open()


def _links(mail: CapturedMail) -> list[str]:
    return list(dict.fromkeys(link.rstrip('.,;)>') for link in mail.links))


def _link(link: str) -> None:
    """One link of the mail; only what `CapturedMail` calls one, which is http or https."""
    with html.div().classes('fy-row tight'):
        plain_text('span', link).classes('fy-mono fy-cut fy-grow fy-muted')
        CopyButton('Copy link', link, small=True)
        out = button('Open', icon='external-link', small=True)
        out.props['href'] = link
        out.props('target=_blank rel="noopener noreferrer"')
