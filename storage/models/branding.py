"""How the firm looks."""

from tortoise import Model, fields

from storage.fields import UtcDatetime


class Brand(Model):
    """The firm's look and where it can be reached: one row, id 1, made by a migration. Its name is in the settings."""

    id = fields.IntField(primary_key=True)
    accent = fields.CharField(max_length=7, default='')  # `#rrggbb`; empty: the colour of the house
    logo_digest = fields.CharField(max_length=64, default='')  # of a BrandImage; empty: none
    address = fields.CharField(max_length=400, default='')
    support_email = fields.CharField(max_length=254, default='')
    support_phone = fields.CharField(max_length=40, default='')
    support_url = fields.CharField(max_length=300, default='')
    welcome = fields.TextField(default='')  # Markdown, as it was typed

    class Meta:
        table = 'brand'


class BrandImage(Model):
    """A logo, written anew by us, under the digest of what is in it. Those that were ever worn stay, for old mail."""

    id = fields.BigIntField(primary_key=True)
    digest = fields.CharField(max_length=64, unique=True)
    media_type = fields.CharField(max_length=40)
    content = fields.BinaryField()
    icon = fields.BinaryField(null=True)  # PNG, square, for the tab of a browser; null: the logo is drawn, not painted
    for_mail = fields.BinaryField(null=True)  # PNG; of an SVG the picture that a browser made of it, null until then
    mail_width = fields.IntField(default=0)  # of `for_mail`, in CSS pixels: half of what it has
    mail_height = fields.IntField(default=0)
    made_at = UtcDatetime()
    worn_at = UtcDatetime(null=True)  # when it was saved as the firm's logo last; null: only tried on

    class Meta:
        table = 'brand_image'
        indexes = (('made_at',),)
