"""Mail waiting to be sent, being sent, sent or given up."""

from tortoise import Model, fields

from storage.fields import EncryptedText, LowercaseEmail, UtcDatetime


class OutboxMail(Model):
    """One mail. Written in the transaction of its cause, and the worker leases it, sends it and scrubs the body (R2).

    `state`: `queued` waits for its turn; `sending` is leased by a worker until `leased_until`; `sent` was handed over
    to the mail server; `failed` was refused for good; `cancelled` will not be sent; `captured` waits because no server
    is set.
    """

    id = fields.BigIntField(primary_key=True)
    kind = fields.CharField(max_length=32)
    state = fields.CharField(max_length=16, default='queued')
    to_address = LowercaseEmail()
    to_name = fields.CharField(max_length=200, default='')
    reply_to = LowercaseEmail(default='', db_default='')  # whom an answer goes to; empty: whom it came from
    subject = fields.CharField(max_length=400)
    body = EncryptedText(null=True)  # JSON {text, html}, encrypted; null once scrubbed
    message_id = fields.CharField(max_length=255, unique=True)
    contact_id = fields.BigIntField(null=True)
    contact_name = fields.CharField(max_length=200, default='')
    login_id = fields.BigIntField(null=True)
    token_id = fields.BigIntField(null=True)  # the link inside; a mail whose link is dead is cancelled
    made_by_id = fields.BigIntField(null=True)
    made_by_name = fields.CharField(max_length=200, default='')
    job_id = fields.BigIntField(null=True)  # the job it was written by
    created_at = UtcDatetime()
    next_try_at = UtcDatetime()
    tries = fields.IntField(default=0)
    leased_until = UtcDatetime(null=True)
    lease = fields.CharField(max_length=64, default='')
    last_answer = fields.TextField(default='')
    finished_at = UtcDatetime(null=True)

    class Meta:
        table = 'outbox_mail'
        indexes = (('state', 'next_try_at'), ('contact_id', 'id'), ('login_id', 'id'), ('token_id',), ('job_id', 'id'))
