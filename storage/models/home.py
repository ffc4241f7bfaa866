"""What clients come in for: announcements and links on the home of the portal, and whom each is for."""

from tortoise import Model, fields

from storage.fields import UtcDatetime
from storage.models.contacts import Contact


class HomeItem(Model):
    """An announcement or a link. `kind` and `audience` are those of domain/portal, and `place` counts within a kind.

    `text` is Markdown in an announcement, one line in a link. Only a link has an icon and an address.
    """

    id = fields.BigIntField(primary_key=True)
    kind = fields.CharField(max_length=16)
    place = fields.IntField()
    title = fields.CharField(max_length=120)
    text = fields.TextField(default='')
    icon = fields.CharField(max_length=32, default='')
    url = fields.TextField(default='')
    audience = fields.CharField(max_length=16)
    organisation = fields.CharField(max_length=200, default='')
    organisation_key = fields.CharField(max_length=200, default='')
    opened = fields.IntField(default=0, db_default=0)  # clicks on a link
    made_by_id = fields.BigIntField(null=True)
    created_at = UtcDatetime()
    updated_at = UtcDatetime()

    class Meta:
        table = 'home_item'
        indexes = (('kind', 'place'),)


class HomeItemContact(Model):
    """One contact of those that an item was chosen for."""

    id = fields.BigIntField(primary_key=True)
    item: fields.ForeignKeyRelation[HomeItem] = fields.ForeignKeyField(
        'foyer.HomeItem', related_name='chosen', on_delete=fields.CASCADE
    )
    item_id: int
    contact: fields.ForeignKeyRelation[Contact] = fields.ForeignKeyField(
        'foyer.Contact', related_name='home_items', on_delete=fields.CASCADE
    )
    contact_id: int

    class Meta:
        table = 'home_item_contact'
        unique_together = (('item', 'contact'),)
        indexes = (('contact_id',),)
