"""The firm's own words for its mail, and the server that mail is handed over to."""

from tortoise import Model, fields

from storage.fields import EncryptedText, LowercaseEmail, UtcDatetime


class MailText(Model):
    """One version of the words of a kind of mail, in one language. The newest is in force, and none is ever changed.

    Without a body it says that from then on the words that Foyer brings along are used again.
    """

    id = fields.BigIntField(primary_key=True)
    kind = fields.CharField(max_length=32)
    language = fields.CharField(max_length=16)
    subject = fields.TextField(default='')
    body = fields.TextField(null=True)
    made_by_id = fields.BigIntField(null=True)
    made_by_name = fields.CharField(max_length=200, default='')
    created_at = UtcDatetime()

    class Meta:
        table = 'mail_text'
        indexes = (('kind', 'language', 'id'),)


class MailServerChoice(Model):
    """How mail goes out where the environment does not say so: one row, id 1, made by the migration.

    Without a host there is no server. The password is encrypted and bound to host, port and user: it fits no other.
    """

    id = fields.IntField(primary_key=True, generated=False)
    host = fields.CharField(max_length=253, default='', db_default='')
    port = fields.IntField(default=587, db_default=587)
    tls = fields.CharField(max_length=16, default='starttls', db_default='starttls')  # starttls, implicit, none
    username = fields.CharField(max_length=320, default='', db_default='')
    password = EncryptedText(null=True)
    mail_from = LowercaseEmail(default='', db_default='')
    replies_to = fields.CharField(max_length=16, default='staff', db_default='staff')  # staff, sender, address
    reply_address = LowercaseEmail(default='', db_default='')

    class Meta:
        table = 'mail_server'
