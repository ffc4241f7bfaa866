from orjson import loads
from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.fields.data import JSON_DUMPS
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [('foyer', '0006_doing_of_jobs')]

    initial = False

    operations = [
        ops.CreateModel(
            name='ImportResult',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                (
                    'file',
                    fields.ForeignKeyField(
                        'foyer.ImportFile',
                        source_field='file_id',
                        db_constraint=True,
                        to_field='id',
                        related_name='results',
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ('number', fields.BigIntField()),
                ('rows', fields.JSONField(encoder=JSON_DUMPS, decoder=loads)),
            ],
            options={
                'table': 'import_result',
                'app': 'foyer',
                'unique_together': (('file', 'number'),),
                'pk_attr': 'id',
                'table_description': 'What became of some rows of an import file that follow each other. Goes with the file.',
            },
            bases=['Model'],
        ),
    ]
