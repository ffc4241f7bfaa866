"""What can be wrong with how a firm wants to look, in sentences; ui/messages.py has those of everything else."""

from collections.abc import Callable
from typing import Any

from domain import brand_errors
from domain.brand_errors import LogoFault, WebAddressFault
from domain.errors import DomainError
from domain.language import gettext as _
from domain.language import ngettext


def _logo(error: brand_errors.LogoRefused) -> str:
    words = {
        LogoFault.EMPTY: _('This file is empty. Please check which one you chose.'),
        LogoFault.TOO_BIG: _('This file is too large for a logo: please choose one of at most %s.'),
        LogoFault.NO_PICTURE: _('This is no picture, whatever its name says. Please choose a PNG, JPEG, WebP or SVG.'),
        LogoFault.OTHER_FORMAT: _('This is a %s file. Please save the logo as PNG, JPEG, WebP or SVG.'),
        LogoFault.TOO_MANY_PIXELS: _(
            'This picture has %s pixels, more than a logo needs. Please make it smaller: 8 megapixels at most.'
        ),
        LogoFault.TOO_SMALL: _('This picture has only %s pixels. Please choose a larger one.'),
        LogoFault.MOVES: _('This picture moves. Please choose one that stands still.'),
        LogoFault.BROKEN: _('This picture is damaged or not complete. Please export it once more.'),
        LogoFault.ACTIVE: _('This drawing holds something that acts: %s. Please export it without, or as PNG.'),
        LogoFault.REACHES_OUT: _(
            'This drawing fetches something from elsewhere: %s. Please export it with everything in it, or as PNG.'
        ),
        LogoFault.TOO_MUCH: _('This drawing is so intricate that browsers would be slow. Please export it as PNG.'),
    }[error.fault]
    return words % error.about if '%s' in words else words


def _web_address(error: brand_errors.WebAddressInvalid) -> str:
    return {
        WebAddressFault.NOT_HTTPS: _('Please enter the address of a page that begins with https://.'),
        WebAddressFault.HAS_A_NAME: _('A name or password stands before an @ in it. Please enter the address without.'),
        WebAddressFault.NO_HOST: _('This is not a complete address. Please enter one like https://example.com/help.'),
    }[error.fault]


SENTENCES: dict[type[DomainError], Callable[[Any], str]] = {
    brand_errors.LogoRefused: _logo,
    brand_errors.LogoNotFound: lambda error: _('This logo is no longer here. Please choose the file again.'),
    brand_errors.ColourInvalid: lambda error: _('This is not a colour. Please enter one like #2b55d9.'),
    brand_errors.PhoneInvalid: lambda error: _(
        'This is not a telephone number. Please use digits, blanks and signs like + ( ) / - only.'
    ),
    brand_errors.TooManyLines: lambda error: (
        ngettext('Please use at most %d line.', 'Please use at most %d lines.', error.most) % error.most
    ),
    brand_errors.WebAddressInvalid: _web_address,
}
