"""What tells how the mail of a job fares, however much it is, from an index alone."""

from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise.migrations.schema_editor import BaseSchemaEditor

BY_JOB_AND_STATE = 'CREATE INDEX outbox_mail_of_job ON outbox_mail (job_id, state, contact_id) WHERE job_id IS NOT NULL'


async def find_by_job_and_state(_: object, editor: BaseSchemaEditor) -> None:
    await editor.client.execute_query(BY_JOB_AND_STATE)


class Migration(migrations.Migration):
    dependencies = [('foyer', '0007_results_of_rows')]
    operations = [ops.RunPython(find_by_job_and_state)]
