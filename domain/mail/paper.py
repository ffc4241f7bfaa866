"""The firm's paper: what a mail shows around its words, in colours that can be read by day and in the dark.

A logo travels with the mail, as a part of its own: nothing is fetched when the mail is opened, so nobody learns of it,
and mail programs that hold back pictures from elsewhere show it.
"""

import re
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from domain.colours import HOUSE_ACCENT, NIGHT, PAPER, READ, SEEN, ink_on, readable
from domain.mail.rendering import on_one_line
from storage.brand_rows import BrandRow, logos_for_mail, newest_worn, picture_beginning_with

DIGEST = 32  # letters of a logo's digest that name it within a mail
_within = re.compile(rf'cid:logo-([0-9a-f]{{{DIGEST}}})@foyer')


@dataclass(frozen=True)
class MailLogo:
    """A logo in a mail. `width` and `height` in CSS pixels."""

    digest: str
    width: int
    height: int

    @property
    def name(self) -> str:
        """Its Content-ID, without the brackets."""
        return content_id(self.digest)


@dataclass(frozen=True)
class Paper:
    """What the firm chose; anything may be empty. `address` has several lines."""

    accent: str = HOUSE_ACCENT
    logo: MailLogo | None = None
    address: str = ''
    support_email: str = ''
    support_phone: str = ''
    support_url: str = ''

    @classmethod
    def of(cls, row: BrandRow) -> Self:
        """As it is stored. A logo that is drawn is left out until a browser has made a picture of it."""
        logo = MailLogo(row.logo_digest, row.mail_width, row.mail_height) if row.mail_width else None
        contact = (row.support_email, row.support_phone, row.support_url)
        return cls(row.accent or HOUSE_ACCENT, logo, row.address, *contact)

    @property
    def lines(self) -> tuple[str, ...]:
        """The postal address."""
        return tuple(line for line in map(on_one_line, self.address.split('\n')) if line)

    @property
    def contact(self) -> tuple[str, ...]:
        """Where the firm can be asked."""
        return tuple(filter(None, map(on_one_line, (self.support_email, self.support_phone, self.support_url))))

    @property
    def ink(self) -> str:
        """Of words on the accent."""
        return ink_on(self.accent)

    @property
    def edge(self) -> str:
        """Around a button, which would else not be seen where the accent is as pale as the paper."""
        return readable(self.accent, PAPER, SEEN)

    @property
    def link(self) -> str:
        """Of words on the sheet."""
        return readable(self.accent, PAPER, READ)

    @property
    def dark_fill(self) -> str:
        """The accent in the dark."""
        return readable(self.accent, NIGHT, SEEN)

    @property
    def dark_ink(self) -> str:
        """Of words on it."""
        return ink_on(self.dark_fill)

    @property
    def dark_link(self) -> str:
        """Of words on the sheet in the dark."""
        return readable(self.accent, NIGHT, READ)


class Logos:
    """The pictures of the logos that mail may show now: those the firm wore last, read anew when there are others."""

    def __init__(self) -> None:
        self._held: Mapping[str, bytes] = {}

    async def read(self) -> Mapping[str, bytes]:
        """PNG files by the Content-ID under which a mail names them."""
        digests = await newest_worn()
        if {content_id(digest) for digest in digests} != self._held.keys():
            self._held = {content_id(digest): png for digest, png in (await logos_for_mail(digests)).items()}
        return self._held


async def picture_in_place(html: str) -> str:
    """The HTML of a mail with its logo in it, for a page that shows the mail."""
    name = logo_shown_in(html)
    if not name:
        return html
    picture = await picture_beginning_with(name.removeprefix('logo-').partition('@')[0])
    return html.replace(f'cid:{name}', f'data:image/png;base64,{b64encode(picture).decode("ascii")}')


def content_id(digest: str) -> str:
    """What a logo is called within a mail."""
    return f'logo-{digest[:DIGEST]}@foyer'


def logo_shown_in(html: str) -> str:
    """The Content-ID of the logo that this mail shows; nothing where it shows none."""
    found = _within.search(html)
    return found[0].removeprefix('cid:') if found else ''
