"""The append-only record of what happened."""

from tortoise import Model, fields

from storage.fields import UtcDatetime


class AuditEvent(Model):
    """One thing that happened. Triggers refuse UPDATE and DELETE (R59), so it names whom it concerns by value too."""

    id = fields.BigIntField(primary_key=True)
    at = UtcDatetime()
    kind = fields.CharField(max_length=64)
    outcome = fields.CharField(max_length=16, default='done')
    actor_kind = fields.CharField(max_length=16)
    actor_id = fields.BigIntField(null=True)
    actor_name = fields.CharField(max_length=200, default='')
    contact_id = fields.BigIntField(null=True)
    contact_name = fields.CharField(max_length=200, default='')
    login_id = fields.BigIntField(null=True)
    staff_id = fields.BigIntField(null=True)  # the staff member it happened to
    job_id = fields.BigIntField(null=True)  # the job that did it
    ip = fields.CharField(max_length=64, default='')
    user_agent = fields.CharField(max_length=400, default='')
    detail: dict[str, object] = fields.JSONField(default=dict)

    class Meta:
        table = 'audit_event'
        indexes = (
            ('contact_id', 'id'),
            ('login_id', 'id'),
            ('kind', 'id'),
            ('actor_id', 'id'),
            ('actor_id', 'kind', 'id'),
            ('staff_id', 'id'),
            ('staff_id', 'kind', 'id'),
            ('at',),
            ('job_id', 'id'),
        )
