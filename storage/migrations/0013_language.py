"""In which language a contact reads. A column that is added: no table is rebuilt, so its triggers and indexes stay."""

from tortoise import fields, migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [('foyer', '0012_home')]

    initial = False

    operations = [
        ops.AddField(
            model_name='Contact',
            name='language',
            field=fields.CharField(default='', db_default='', max_length=16),
        ),
    ]
