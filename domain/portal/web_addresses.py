"""The address of a web page that the firm links to: https alone, and complete."""

from urllib.parse import urlsplit

from domain.brand_errors import WebAddressFault, WebAddressInvalid
from domain.texts import one_line


def web_address(typed: str, field: str, *, longest: int, needed: bool = False) -> str:
    """Only https: it stands on pages and in mail as a link. Without a scheme, `https://` is what was meant.

    Raises TextInvalid for `field`, WebAddressInvalid.
    """
    clean = one_line(typed, field, longest=longest, needed=needed)
    if not clean:
        return ''
    if '://' not in clean and ':' not in clean.partition('/')[0]:
        clean = one_line(f'https://{clean}', field, longest=longest)
    try:
        parts = urlsplit(clean)
        host, port = parts.hostname or '', parts.port
    except ValueError as error:
        raise WebAddressInvalid(WebAddressFault.NO_HOST) from error
    if parts.scheme != 'https':
        raise WebAddressInvalid(WebAddressFault.NOT_HTTPS)
    if '@' in parts.netloc:
        raise WebAddressInvalid(WebAddressFault.HAS_A_NAME)
    if '.' not in host.strip('.') or ' ' in clean or '\\' in clean or port == 0:
        raise WebAddressInvalid(WebAddressFault.NO_HOST)
    return clean
