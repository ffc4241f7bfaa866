from tortoise import fields, migrations
from tortoise.indexes import Index
from tortoise.migrations import operations as ops
from tortoise.migrations.schema_editor import BaseSchemaEditor

from storage.fields import UtcDatetime


async def add_the_brand(_: object, editor: BaseSchemaEditor) -> None:
    """The one row there is."""
    await editor.client.execute_query(
        'INSERT INTO brand (id, accent, logo_digest, address, support_email, support_phone, support_url, welcome) '
        "VALUES (1, '', '', '', '', '', '', '')"
    )


class Migration(migrations.Migration):
    dependencies = [('foyer', '0008_mail_of_jobs')]

    initial = False

    operations = [
        ops.CreateModel(
            name='Brand',
            fields=[
                ('id', fields.IntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('accent', fields.CharField(default='', max_length=7)),
                ('logo_digest', fields.CharField(default='', max_length=64)),
                ('address', fields.CharField(default='', max_length=400)),
                ('support_email', fields.CharField(default='', max_length=254)),
                ('support_phone', fields.CharField(default='', max_length=40)),
                ('support_url', fields.CharField(default='', max_length=300)),
                ('welcome', fields.TextField(default='', unique=False)),
            ],
            options={
                'table': 'brand',
                'app': 'foyer',
                'pk_attr': 'id',
                'table_description': 'How the firm looks and where it can be reached: one row, id 1, made by a migration. Its name is in the settings.',
            },
            bases=['Model'],
        ),
        ops.CreateModel(
            name='BrandImage',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('digest', fields.CharField(unique=True, max_length=64)),
                ('media_type', fields.CharField(max_length=40)),
                ('content', fields.BinaryField()),
                ('icon', fields.BinaryField(null=True)),
                ('for_mail', fields.BinaryField(null=True)),
                ('mail_width', fields.IntField(default=0)),
                ('mail_height', fields.IntField(default=0)),
                ('made_at', UtcDatetime(auto_now=False, auto_now_add=False)),
                ('worn_at', UtcDatetime(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                'table': 'brand_image',
                'app': 'foyer',
                'indexes': [Index(fields=['made_at'])],
                'pk_attr': 'id',
                'table_description': 'A logo, written anew by us, under the digest of what is in it. Those that were ever worn stay, for old mail.',
            },
            bases=['Model'],
        ),
        ops.RunPython(add_the_brand),
    ]
