"""The mail that says that the firm's own domain does not work any more."""

from domain.dependencies import Dependencies
from domain.language import gettext as _
from domain.mail import messages, outbox
from domain.mail.letterhead import read_letterhead
from domain.mail.states import MailKind
from domain.portal.domain_findings import DomainState
from domain.texts import first_name

PAGE = '/staff/settings/domain'


async def domain_failed_mail(
    deps: Dependencies, name: str, address: str, host: str, state: DomainState
) -> outbox.NewMail:
    """To one member of the team. Its button leads to the base URL: that one works."""
    what = (
        _('Its DNS record no longer leads to your portal.')
        if state is DomainState.DNS_FAILED
        else _('It no longer answers over HTTPS as it should.')
    )
    return outbox.NewMail(
        kind=MailKind.NOTICE,
        to_address=address,
        to_name=name,
        message=messages.notice(
            letterhead=await read_letterhead(),
            first_name=first_name(name),
            to_staff=True,
            subject=_('%s does not work any more') % host,
            lines=[
                what,
                _('Until it is mended, links in new mail lead to %s. Links that were mailed with the domain before do '
                  'not open meanwhile.') % deps.settings.public_url,
                _('Foyer keeps looking, and goes back to the domain by itself once it works again.'),
            ],
            action=(_('See what is wrong'), f'{deps.settings.public_url}{PAGE}'),
            portal_url=deps.settings.public_url,
        ),
    )  # fmt: skip
