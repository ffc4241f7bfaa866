"""What can be wrong with what the firm puts on the home of the portal, in sentences."""

from collections.abc import Callable
from typing import Any

from domain import home_errors
from domain.errors import DomainError
from domain.language import gettext as _

SENTENCES: dict[type[DomainError], Callable[[Any], str]] = {
    home_errors.HomeItemNotFound: lambda error: _('This is no longer here. Please load the page again.'),
    home_errors.HomeIsFull: lambda error: _('There are %d already. Please remove one first.') % error.most,
    home_errors.AudienceEmpty: lambda error: _('Please choose at least one contact.'),
    home_errors.AudienceTooLarge: lambda error: (
        _('Please choose at most %d contacts, or write to a whole organisation or to all.') % error.most
    ),
    home_errors.OrganisationUnknown: lambda error: (
        _('No contact belongs to “%s”. Please check how it is written.') % error.name
    ),
    home_errors.IconUnknown: lambda error: _('Please pick one of the icons.'),
}
