"""How the firm looks, in one question: every page and every mail asks it."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from storage.models import BrandImage
from storage.sql import change, fetch


@dataclass(frozen=True)
class BrandRow:
    """The firm's name and its brand. Of a logo: its digest (empty: none), and its measures in mail, in CSS pixels."""

    firm_name: str
    accent: str
    logo_digest: str
    logo_type: str
    mail_width: int
    mail_height: int
    address: str
    support_email: str
    support_phone: str
    support_url: str
    welcome: str


async def read_brand_row() -> BrandRow:
    """As it is now."""
    (row,) = await fetch(
        "SELECT s.firm_name, b.accent, coalesce(i.digest, '') AS logo_digest, coalesce(i.media_type, '') AS logo_type, "
        'coalesce(i.mail_width, 0) AS mail_width, coalesce(i.mail_height, 0) AS mail_height, '
        'b.address, b.support_email, b.support_phone, b.support_url, b.welcome '
        'FROM portal_settings s JOIN brand b ON b.id = 1 LEFT JOIN brand_image i ON i.digest = b.logo_digest '
        'WHERE s.id = 1'
    )
    return BrandRow(**row)


async def forget_tried_on(before: datetime) -> int:
    """Delete the logos that were handed in before this moment and never worn; how many."""
    return await change(
        'DELETE FROM brand_image WHERE worn_at IS NULL AND made_at < $1 '
        'AND digest <> (SELECT logo_digest FROM brand WHERE id = 1)',
        before,
    )


async def newest_worn(most: int = 3) -> list[str]:
    """The digests of the logos that the firm wore last and that mail can show, the newest first."""
    rows = await fetch(
        'SELECT digest FROM brand_image WHERE worn_at IS NOT NULL AND for_mail IS NOT NULL '
        f'ORDER BY worn_at DESC, digest LIMIT {most:d}'
    )
    return [row['digest'] for row in rows]


async def logos_for_mail(digests: Collection[str]) -> dict[str, bytes]:
    """Their pictures as PNG, by digest."""
    rows = await BrandImage.filter(digest__in=list(digests)).values('digest', 'for_mail')
    return {row['digest']: bytes(row['for_mail']) for row in rows if row['for_mail']}


async def picture_beginning_with(digest: str) -> bytes:
    """The picture for mail of the logo whose digest begins like this; nothing where there is none."""
    row = await BrandImage.filter(digest__startswith=digest).first()
    return bytes(row.for_mail) if row and row.for_mail else b''
