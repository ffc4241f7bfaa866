"""The firm's own domain, and what the sender check is told: a table each, with its one row."""

from orjson import loads
from tortoise import fields, migrations
from tortoise.fields.data import JSON_DUMPS
from tortoise.migrations import operations as ops
from tortoise.migrations.schema_editor import BaseSchemaEditor

from storage.fields import UtcDatetime


async def make_rows(_: object, editor: BaseSchemaEditor) -> None:
    """Everything else in them has a default."""
    for table in ('custom_domain', 'sender_check'):
        await editor.client.execute_query(f'INSERT INTO {table} (id) VALUES (1)')


class Migration(migrations.Migration):
    dependencies = [('foyer', '0010_firms_words')]

    initial = False

    operations = [
        ops.CreateModel(
            name='CustomDomain',
            fields=[
                ('id', fields.IntField(generated=False, primary_key=True, unique=True, db_index=True)),
                ('host', fields.CharField(default='', db_default='', max_length=253)),
                ('record', fields.CharField(default='', db_default='', max_length=8)),
                ('state', fields.CharField(default='', db_default='', max_length=16)),
                ('word', fields.CharField(default='', db_default='', max_length=64)),
                ('findings', fields.JSONField(null=True, encoder=JSON_DUMPS, decoder=loads)),
                ('asked_at', UtcDatetime(null=True, auto_now=False, auto_now_add=False)),
                ('state_since', UtcDatetime(null=True, auto_now=False, auto_now_add=False)),
                ('looked_at', UtcDatetime(null=True, auto_now=False, auto_now_add=False)),
                ('next_look_at', UtcDatetime(null=True, auto_now=False, auto_now_add=False)),
                ('looks', fields.IntField(default=0, db_default=0)),
                ('faults', fields.IntField(default=0, db_default=0)),
                ('was_active', fields.BooleanField(default=False, db_default=False)),
                ('held_until', UtcDatetime(null=True, auto_now=False, auto_now_add=False)),
                ('staff_at_base_only', fields.BooleanField(default=False, db_default=False)),
            ],
            options={
                'table': 'custom_domain',
                'app': 'foyer',
                'pk_attr': 'id',
                'table_description': 'One row, id 1, made with the table. Without a host there is no domain.',
            },
            bases=['Model'],
        ),
        ops.CreateModel(
            name='SenderCheck',
            fields=[
                ('id', fields.IntField(generated=False, primary_key=True, unique=True, db_index=True)),
                ('dkim_selector', fields.CharField(default='', db_default='', max_length=63)),
            ],
            options={
                'table': 'sender_check',
                'app': 'foyer',
                'pk_attr': 'id',
                'table_description': 'What the sender check has to be told, because DNS cannot be asked for it: one row, id 1, made with the table.',
            },
            bases=['Model'],
        ),
        ops.RunPython(make_rows),
    ]
