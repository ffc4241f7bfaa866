"""How the firm looks to its clients: name, logo, colour, where it can be reached, and what it says to who comes in."""

import asyncio
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields, replace
from datetime import timedelta
from enum import Enum
from typing import Any

from domain.actors import StaffActor
from domain.addresses import normalise_address
from domain.audit import AuditKind, record
from domain.authorization import Permission, authorise
from domain.brand_errors import (
    ColourInvalid,
    LogoNotFound,
    PhoneInvalid,
    TooManyLines,
)
from domain.colours import HOUSE_ACCENT, as_colour
from domain.dependencies import Dependencies
from domain.errors import DomainError
from domain.events import SettingsChanged
from domain.mail.letterhead import Letterhead, read_letterhead
from domain.mail.paper import MailLogo, Paper
from domain.portal.logo import SVG, LogoFiles, read_logo, read_picture_of_drawing
from domain.portal.web_addresses import web_address
from domain.portal.welcome import LONGEST as LONGEST_WELCOME
from domain.texts import one_line, paragraphs
from domain.unit_of_work import deed, unit_of_work
from storage.brand_rows import forget_tried_on, read_brand_row
from storage.models import Brand as BrandOfFirm
from storage.models import BrandImage, PortalSettings

LONGEST_ADDRESS, MOST_LINES = 400, 6
LONGEST_URL = 300
TRIED_ON_FOR = timedelta(days=1)  # how long a logo that was handed in and not saved is kept
_DIGEST = re.compile('[0-9a-f]{64}')
_PHONE = re.compile(r'\+?[0-9 ()./-]{3,40}')


@dataclass(frozen=True)
class Brand:
    """What the firm shows of itself; anything may be empty.

    `accent` is `#rrggbb`, empty for the colour of the house; `logo` the digest of a logo; `address` has several lines;
    `welcome` is Markdown.
    """

    firm_name: str = ''
    accent: str = ''
    logo: str = ''
    address: str = ''
    support_email: str = ''
    support_phone: str = ''
    support_url: str = ''
    welcome: str = ''
    logo_type: str = ''  # its media type; follows from the logo

    @property
    def colour(self) -> str:
        """The colour that is shown."""
        return self.accent or HOUSE_ACCENT


@dataclass(frozen=True)
class StoredImage:
    """A file of a logo, as a browser is given it."""

    media_type: str
    content: bytes


class InMail(Enum):
    """What mail shows of a logo. Mail programs show no drawing, so a browser makes a picture of it."""

    ITSELF = 'itself'
    PICTURE = 'picture'
    NOTHING = 'nothing'  # as long as no browser has drawn it


async def read_brand() -> Brand:
    """As it is now. Public: the sign-in page shows it."""
    row = await read_brand_row()
    return Brand(
        firm_name=row.firm_name,
        accent=row.accent,
        logo=row.logo_digest,
        address=row.address,
        support_email=row.support_email,
        support_phone=row.support_phone,
        support_url=row.support_url,
        welcome=row.welcome,
        logo_type=row.logo_type,
    )


async def read_logo_file(digest: str) -> StoredImage:
    """The logo itself. Public. Raises LogoNotFound."""
    image = await _image(digest)
    return StoredImage(image.media_type, bytes(image.content))


async def read_icon(digest: str) -> StoredImage:
    """What stands in the tab of a browser: a small square, or the drawing itself. Public. Raises LogoNotFound."""
    image = await _image(digest)
    return (
        StoredImage('image/png', bytes(image.icon))
        if image.icon
        else StoredImage(image.media_type, bytes(image.content))
    )


async def letterhead_of(brand: Brand) -> Letterhead:
    """What mail would stand on, were this saved."""
    image = await BrandImage.get_or_none(digest=brand.logo) if brand.logo else None
    logo = MailLogo(image.digest, image.mail_width, image.mail_height) if image and image.for_mail else None
    contact = (brand.support_email, brand.support_phone, brand.support_url)
    paper = Paper(brand.colour, logo, brand.address, *contact)
    return replace(await read_letterhead(), firm_name=brand.firm_name, paper=paper)


async def in_mail(digest: str) -> InMail:
    """What mail would show of the logo with this digest. Raises LogoNotFound."""
    image = await _image(digest)
    if image.media_type != SVG:
        return InMail.ITSELF
    return InMail.PICTURE if image.for_mail else InMail.NOTHING


async def _image(digest: str) -> BrandImage:
    image = await BrandImage.get_or_none(digest=digest) if _DIGEST.fullmatch(digest) else None
    if image is None:
        raise LogoNotFound()
    return image


async def try_on_logo(deps: Dependencies, actor: StaffActor, data: bytes) -> str:
    """Keep a file as a logo that may be saved within a day; its digest. It is looked at outside of any transaction.

    Raises LogoRefused, NotAllowed, SignedOut.
    """
    await authorise(deps, actor, Permission.CHANGE_SETTINGS)
    files = await asyncio.to_thread(read_logo, data)
    await _keep(deps, files)
    return files.digest


async def give_picture(deps: Dependencies, actor: StaffActor, digest: str, data: bytes) -> None:
    """Keep what a browser drew of a logo that is a drawing: from now on mail shows it. The first picture stays.

    Raises LogoNotFound, LogoRefused, NotAllowed, SignedOut.
    """
    await authorise(deps, actor, Permission.CHANGE_SETTINGS)
    if await in_mail(digest) is InMail.NOTHING:
        await _put_in_mail(deps, digest, await asyncio.to_thread(read_picture_of_drawing, data))


@deed
async def _put_in_mail(deps: Dependencies, digest: str, picture: LogoFiles) -> None:
    async with unit_of_work(deps):
        width, height = picture.mail_size
        await BrandImage.filter(digest=digest, for_mail=None).update(
            for_mail=picture.for_mail, mail_width=width, mail_height=height
        )


@deed
async def _keep(deps: Dependencies, files: LogoFiles) -> None:
    async with unit_of_work(deps) as work:
        await forget_tried_on(work.now - TRIED_ON_FOR)
        if await BrandImage.filter(digest=files.digest).update(made_at=work.now):
            return  # it was handed in before, and its day begins anew
        await BrandImage.get_or_create(
            digest=files.digest,
            defaults={
                'media_type': files.media_type,
                'content': files.content,
                'icon': files.icon,
                'for_mail': files.for_mail,
                'mail_width': files.mail_size[0],
                'mail_height': files.mail_size[1],
                'made_at': work.now,
            },
        )


def faults_of(wanted: Brand) -> dict[str, DomainError]:
    """What is wrong, by the name of the field; empty for what can be saved.

    TextInvalid, ColourInvalid, TooManyLines, AddressInvalid, PhoneInvalid, WebAddressInvalid.
    """
    found: dict[str, DomainError] = {}
    for field, check in _CHECKS.items():
        try:
            check(getattr(wanted, field))
        except DomainError as error:
            found[field] = error
    return found


def presentable(wanted: Brand) -> Brand:
    """What of this can be shown while somebody still types: a field that is not right yet is empty."""
    shown = dict.fromkeys(faults_of(wanted), '')
    return _tidied(replace(wanted, **shown), _CHECKS.keys() - shown.keys())


def _tidied(wanted: Brand, names: Iterable[str]) -> Brand:
    return replace(wanted, **{field: _CHECKS[field](getattr(wanted, field)) for field in names})


@deed
async def change_brand(deps: Dependencies, actor: StaffActor, wanted: Brand) -> Brand:
    """Save how the firm looks; as it was saved. Open pages follow.

    Raises the first of `faults_of`, LogoNotFound for a logo that was never handed in, NotAllowed, SignedOut.
    """
    await authorise(deps, actor, Permission.CHANGE_SETTINGS)
    clean = _tidied(wanted, _CHECKS)
    async with unit_of_work(deps) as work:
        if clean.logo and not await BrandImage.filter(digest=clean.logo).update(worn_at=work.now):
            raise LogoNotFound()
        before = await read_brand()
        changed = {
            field.name: getattr(clean, field.name)
            for field in fields(Brand)
            if field.name != 'logo_type' and getattr(clean, field.name) != getattr(before, field.name)
        }
        await _write(changed)
        named = await PortalSettings.filter(id=1, firm_named_at=None).update(firm_named_at=work.now)
        if changed:
            await record(work, AuditKind.BRAND_CHANGED, actor, changed=changed)
        if changed or named:
            work.tell(SettingsChanged())
    return await read_brand()


async def _write(changed: dict[str, Any]) -> None:
    of_brand = {'logo_digest' if name == 'logo' else name: value for name, value in changed.items()}
    firm_name = of_brand.pop('firm_name', None)
    if firm_name is not None:
        await PortalSettings.filter(id=1).update(firm_name=firm_name)
    if of_brand:
        await BrandOfFirm.filter(id=1).update(**of_brand)


# ── What each field may hold ─────────────────────────────────────────────────


def _firm_name(typed: str) -> str:
    return one_line(typed, 'firm_name', longest=120, needed=True)


def _accent(typed: str) -> str:
    colour = as_colour(typed) if typed.strip() else ''
    if colour is None:
        raise ColourInvalid()
    return colour


def _support_email(typed: str) -> str:
    return normalise_address(typed) if typed.strip() else ''


def _welcome(typed: str) -> str:
    return paragraphs(typed, 'welcome', longest=LONGEST_WELCOME)


def _postal_address(typed: str) -> str:
    clean = paragraphs(typed, 'address', longest=LONGEST_ADDRESS)
    lines = [' '.join(line.split()) for line in clean.split('\n')]
    if len(lines) > MOST_LINES:
        raise TooManyLines(MOST_LINES)
    return '\n'.join(lines)


def _phone(typed: str) -> str:
    clean = one_line(typed, 'support_phone', longest=40)
    if clean and not (_PHONE.fullmatch(clean) and sum(letter.isdigit() for letter in clean) >= 3):
        raise PhoneInvalid()
    return clean


def _web_address(typed: str) -> str:
    return web_address(typed, 'support_url', longest=LONGEST_URL)


_CHECKS: dict[str, Callable[[str], str]] = {
    'firm_name': _firm_name,
    'accent': _accent,
    'address': _postal_address,
    'support_email': _support_email,
    'support_phone': _phone,
    'support_url': _web_address,
    'welcome': _welcome,
}
