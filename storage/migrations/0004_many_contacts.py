from orjson import loads
from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.fields.data import JSON_DUMPS
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

from storage.fields import UtcDatetime


class Migration(migrations.Migration):
    dependencies = [('foyer', '0003_who_may_come_in')]

    initial = False

    operations = [
        ops.CreateModel(
            name='ImportFile',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('name', fields.CharField(max_length=200)),
                ('size', fields.BigIntField()),
                ('made_by_id', fields.BigIntField(null=True)),
                ('created_at', UtcDatetime(auto_now=False, auto_now_add=False)),
                ('job_id', fields.BigIntField(null=True)),
            ],
            options={
                'table': 'import_file',
                'app': 'foyer',
                'indexes': [Index(fields=['job_id']), Index(fields=['created_at'])],
                'pk_attr': 'id',
                'table_description': 'A list of contacts that was handed in. Kept in the database, so that any instance can go on after a restart.',
            },
            bases=['Model'],
        ),
        ops.CreateModel(
            name='ImportChunk',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                (
                    'file',
                    fields.ForeignKeyField(
                        'foyer.ImportFile',
                        source_field='file_id',
                        db_constraint=True,
                        to_field='id',
                        related_name='chunks',
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ('position', fields.IntField()),
                ('content', fields.BinaryField()),
            ],
            options={
                'table': 'import_chunk',
                'app': 'foyer',
                'unique_together': (('file', 'position'),),
                'pk_attr': 'id',
                'table_description': 'A piece of an import file, in order.',
            },
            bases=['Model'],
        ),
        ops.CreateModel(
            name='Job',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('kind', fields.CharField(max_length=32)),
                ('state', fields.CharField(max_length=16)),
                ('params', fields.JSONField(encoder=JSON_DUMPS, decoder=loads)),
                ('made_by_id', fields.BigIntField(null=True)),
                ('made_by_name', fields.CharField(default='', max_length=200)),
                ('created_at', UtcDatetime(auto_now=False, auto_now_add=False)),
                ('started_at', UtcDatetime(null=True, auto_now=False, auto_now_add=False)),
                ('finished_at', UtcDatetime(null=True, auto_now=False, auto_now_add=False)),
                ('worked_ms', fields.BigIntField(default=0)),
                ('gathered', fields.BooleanField(default=False)),
                ('position', fields.BigIntField(default=0)),
                ('total', fields.BigIntField(default=0)),
                ('done', fields.BigIntField(default=0)),
                ('skipped', fields.BigIntField(default=0)),
                ('failed', fields.BigIntField(default=0)),
                ('counts', fields.JSONField(default=dict, encoder=JSON_DUMPS, decoder=loads)),
                ('fault', fields.TextField(default='', unique=False)),
            ],
            options={
                'table': 'job',
                'app': 'foyer',
                'indexes': [Index(fields=['state', 'id']), Index(fields=['created_at'])],
                'pk_attr': 'id',
                'table_description': 'Something done to many contacts, a batch at a time. Each batch commits together with how far the job has come.',
            },
            bases=['Model'],
        ),
        ops.CreateModel(
            name='ImportRefusal',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                (
                    'job',
                    fields.ForeignKeyField(
                        'foyer.Job',
                        source_field='job_id',
                        db_constraint=True,
                        to_field='id',
                        related_name='refusals',
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ('line', fields.BigIntField()),
                ('number', fields.BigIntField()),
                ('header', fields.CharField(max_length=200)),
                ('reason', fields.CharField(max_length=32)),
                ('detail', fields.CharField(default='', max_length=200)),
            ],
            options={
                'table': 'import_refusal',
                'app': 'foyer',
                'indexes': [Index(fields=['job_id', 'number'])],
                'pk_attr': 'id',
                'table_description': 'A row of an import file that did not go in.',
            },
            bases=['Model'],
        ),
        ops.CreateModel(
            name='JobItem',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                (
                    'job',
                    fields.ForeignKeyField(
                        'foyer.Job',
                        source_field='job_id',
                        db_constraint=True,
                        to_field='id',
                        related_name='items',
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ('contact_id', fields.BigIntField()),
                ('contact_name', fields.CharField(max_length=200)),
                ('state', fields.CharField(max_length=16)),
                ('reason', fields.CharField(default='', max_length=32)),
                ('at', UtcDatetime(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                'table': 'job_item',
                'app': 'foyer',
                'unique_together': (('job', 'contact_id'),),
                'indexes': [Index(fields=['job_id', 'state', 'id'])],
                'pk_attr': 'id',
                'table_description': 'One contact of a job and what became of it. `state`: `waiting`, `done`, `skipped`, `failed`.',
            },
            bases=['Model'],
        ),
        ops.CreateModel(
            name='JobLease',
            fields=[
                ('id', fields.IntField(primary_key=True, unique=True, db_index=True)),
                ('holder', fields.CharField(max_length=64)),
                ('until', UtcDatetime(auto_now=False, auto_now_add=False)),
            ],
            options={
                'table': 'job_lease',
                'app': 'foyer',
                'pk_attr': 'id',
                'table_description': 'Which instance works on the jobs: one row, id 1, made when it is first taken (storage/job_claims.py).',
            },
            bases=['Model'],
        ),
        ops.CreateModel(
            name='ReportSchedule',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('every', fields.CharField(max_length=16)),
                ('weekday', fields.IntField(default=0)),
                ('day', fields.IntField(default=1)),
                ('at_minute', fields.IntField()),
                ('zone', fields.CharField(max_length=64)),
                ('query', fields.TextField(default='', unique=False)),
                ('file_format', fields.CharField(max_length=8)),
                ('staff_ids', fields.JSONField(encoder=JSON_DUMPS, decoder=loads)),
                ('next_at', UtcDatetime(auto_now=False, auto_now_add=False)),
                ('last_at', UtcDatetime(null=True, auto_now=False, auto_now_add=False)),
                ('made_by_id', fields.BigIntField(null=True)),
                ('made_by_name', fields.CharField(default='', max_length=200)),
                ('created_at', UtcDatetime(auto_now=False, auto_now_add=False)),
            ],
            options={
                'table': 'report_schedule',
                'app': 'foyer',
                'indexes': [Index(fields=['next_at'])],
                'pk_attr': 'id',
                'table_description': 'When the access report is announced, and to whom. The filters are those of the contact list, as in its address.',
            },
            bases=['Model'],
        ),
        ops.CreateModel(
            name='SavedView',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('name', fields.CharField(max_length=80)),
                ('name_key', fields.CharField(unique=True, max_length=80)),
                ('query', fields.TextField(unique=False)),
                ('made_by_id', fields.BigIntField(null=True)),
                ('made_by_name', fields.CharField(default='', max_length=200)),
                ('created_at', UtcDatetime(auto_now=False, auto_now_add=False)),
            ],
            options={
                'table': 'saved_view',
                'app': 'foyer',
                'pk_attr': 'id',
                'table_description': 'A way of looking at the contacts, by name: what the address of the list carries. Every staff member sees it.',
            },
            bases=['Model'],
        ),
        ops.RemoveIndex(
            model_name='Contact',
            name=None,
            fields=['name_key', 'id'],
        ),
        ops.AddField(
            model_name='Contact',
            name='external_id',
            field=fields.CharField(null=True, unique=True, max_length=200),
        ),
        ops.AddField(
            model_name='Contact',
            name='facets',
            field=fields.IntField(null=True),
        ),
        ops.AddField(
            model_name='Contact',
            name='last_sign_in_at',
            field=UtcDatetime(null=True, auto_now=False, auto_now_add=False),
        ),
        ops.AddField(
            model_name='Contact',
            name='organisation_key',
            field=fields.CharField(default='', db_default='', max_length=200),
        ),
        ops.AddField(
            model_name='Invitation',
            name='reminded_at',
            field=UtcDatetime(null=True, auto_now=False, auto_now_add=False),
        ),
        ops.AddField(
            model_name='Login',
            name='belongs_with_id',
            field=fields.BigIntField(null=True),
        ),
        ops.AddIndex(
            model_name='Login',
            index=Index(fields=['last_sign_in_at']),
        ),
        ops.AddField(
            model_name='PortalSettings',
            name='reminds_before_expiry',
            field=fields.BooleanField(default=True, db_default=True),
        ),
    ]
