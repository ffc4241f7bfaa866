"""What clients come in for, whom it is for, and the links of mail that lead straight to it."""

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

from storage.fields import UtcDatetime


class Migration(migrations.Migration):
    dependencies = [('foyer', '0011_custom_domain')]

    initial = False

    operations = [
        ops.CreateModel(
            name='HomeItem',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('kind', fields.CharField(max_length=16)),
                ('place', fields.IntField()),
                ('title', fields.CharField(max_length=120)),
                ('text', fields.TextField(default='', unique=False)),
                ('icon', fields.CharField(default='', max_length=32)),
                ('url', fields.TextField(default='', unique=False)),
                ('audience', fields.CharField(max_length=16)),
                ('organisation', fields.CharField(default='', max_length=200)),
                ('organisation_key', fields.CharField(default='', max_length=200)),
                ('opened', fields.IntField(default=0, db_default=0)),
                ('made_by_id', fields.BigIntField(null=True)),
                ('created_at', UtcDatetime(auto_now=False, auto_now_add=False)),
                ('updated_at', UtcDatetime(auto_now=False, auto_now_add=False)),
            ],
            options={
                'table': 'home_item',
                'app': 'foyer',
                'indexes': [Index(fields=['kind', 'place'])],
                'pk_attr': 'id',
                'table_description': 'An announcement or a link. `kind` and `audience` are those of domain/portal, and `place` counts within a kind.',
            },
            bases=['Model'],
        ),
        ops.CreateModel(
            name='HomeItemContact',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                (
                    'item',
                    fields.ForeignKeyField(
                        'foyer.HomeItem',
                        source_field='item_id',
                        db_constraint=True,
                        to_field='id',
                        related_name='chosen',
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                (
                    'contact',
                    fields.ForeignKeyField(
                        'foyer.Contact',
                        source_field='contact_id',
                        db_constraint=True,
                        to_field='id',
                        related_name='home_items',
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
            ],
            options={
                'table': 'home_item_contact',
                'app': 'foyer',
                'unique_together': (('item', 'contact'),),
                'indexes': [Index(fields=['contact_id'])],
                'pk_attr': 'id',
                'table_description': 'One contact of those that an item was chosen for.',
            },
            bases=['Model'],
        ),
        ops.AddField(model_name='OneTimeToken', name='leads_to_id', field=fields.BigIntField(null=True)),
        ops.AddField(model_name='PendingSignIn', name='leads_to_id', field=fields.BigIntField(null=True)),
    ]
