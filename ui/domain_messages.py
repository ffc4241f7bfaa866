"""What can be wrong with a domain of the firm's own, in sentences."""

from collections.abc import Callable
from typing import Any

from domain import errors
from domain.errors import DomainError, HostFault
from domain.language import gettext as _


def _host(error: errors.HostInvalid) -> str:
    return {
        HostFault.EMPTY: _('Please enter a domain, like portal.example.com.'),
        HostFault.CONTROL_CHARACTER: _('This contains an invisible character. Please type it anew.'),
        HostFault.ADDRESS: _('This is an IP address. Please enter a name, like portal.example.com.'),
        HostFault.LOCALHOST: _(
            'This name means the machine that asks, so nobody else gets here by it. Please enter another one.'
        ),
        HostFault.OUR_OWN: _('The portal is at this address already. Please enter another domain.'),
        HostFault.SINGLE_LABEL: _('This is not a complete domain. Please enter one like portal.example.com.'),
        HostFault.WILDCARD: _('Please enter one domain, without a star.'),
        HostFault.MORE_THAN_A_NAME: _('Please enter the domain alone, without a path, a port or an @.'),
        HostFault.TOO_LONG: _('Please enter a shorter domain: at most 253 characters, and 63 between two dots.'),
        HostFault.MALFORMED: _('A domain cannot be like this. Please check for spaces and special characters.'),
    }[error.fault]


SENTENCES: dict[type[DomainError], Callable[[Any], str]] = {
    errors.HostInvalid: _host,
    errors.SelectorInvalid: lambda error: _(
        'Please enter one word of letters, digits, dots and hyphens, like “mail” or “s1”.'
    ),
    errors.NoCustomDomain: lambda error: _('Somebody has removed the domain. Please load the page again.'),
}
