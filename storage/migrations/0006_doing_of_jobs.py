from tortoise import fields, migrations
from tortoise.indexes import Index
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [('foyer', '0005_finding')]

    initial = False

    operations = [
        ops.AddField(model_name='AuditEvent', name='job_id', field=fields.BigIntField(null=True)),
        ops.AddIndex(model_name='AuditEvent', index=Index(fields=['job_id', 'id'])),
        ops.AddField(model_name='OutboxMail', name='job_id', field=fields.BigIntField(null=True)),
        ops.AddIndex(model_name='OutboxMail', index=Index(fields=['job_id', 'id'])),
    ]
