"""The firm's own words for its mail, the server mail goes through, and to whom answers go."""

from tortoise import fields, migrations
from tortoise.indexes import Index
from tortoise.migrations import operations as ops
from tortoise.migrations.schema_editor import BaseSchemaEditor

from storage.fields import EncryptedText, LowercaseEmail, UtcDatetime


async def make_row(_: object, editor: BaseSchemaEditor) -> None:
    """Everything else in it has a default."""
    await editor.client.execute_query('INSERT INTO mail_server (id) VALUES (1)')


class Migration(migrations.Migration):
    dependencies = [('foyer', '0009_brand')]

    initial = False

    operations = [
        ops.CreateModel(
            name='MailText',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('kind', fields.CharField(max_length=32)),
                ('language', fields.CharField(max_length=16)),
                ('subject', fields.TextField(default='', unique=False)),
                ('body', fields.TextField(null=True, unique=False)),
                ('made_by_id', fields.BigIntField(null=True)),
                ('made_by_name', fields.CharField(default='', max_length=200)),
                ('created_at', UtcDatetime(auto_now=False, auto_now_add=False)),
            ],
            options={
                'table': 'mail_text',
                'app': 'foyer',
                'indexes': [Index(fields=['kind', 'language', 'id'])],
                'pk_attr': 'id',
                'table_description': 'One version of the words of a kind of mail, in one language. The newest is in force, and none is ever changed.',
            },
            bases=['Model'],
        ),
        ops.CreateModel(
            name='MailServerChoice',
            fields=[
                ('id', fields.IntField(generated=False, primary_key=True, unique=True, db_index=True)),
                ('host', fields.CharField(default='', db_default='', max_length=253)),
                ('port', fields.IntField(default=587, db_default=587)),
                ('tls', fields.CharField(default='starttls', db_default='starttls', max_length=16)),
                ('username', fields.CharField(default='', db_default='', max_length=320)),
                ('password', EncryptedText(null=True, unique=False)),
                ('mail_from', LowercaseEmail(default='', db_default='', max_length=254)),
                ('replies_to', fields.CharField(default='staff', db_default='staff', max_length=16)),
                ('reply_address', LowercaseEmail(default='', db_default='', max_length=254)),
            ],
            options={
                'table': 'mail_server',
                'app': 'foyer',
                'pk_attr': 'id',
                'table_description': 'How mail goes out where the environment does not say so: one row, id 1, made by the migration.',
            },
            bases=['Model'],
        ),
        ops.AddField(
            model_name='OutboxMail',
            name='reply_to',
            field=LowercaseEmail(default='', db_default='', max_length=254),
        ),
        ops.RunPython(make_row),
    ]
