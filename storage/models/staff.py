"""The people who work for the firm."""

from tortoise import Model, fields

from storage.fields import EncryptedText, LowercaseEmail, UtcDatetime


class StaffMember(Model):
    """A person who works for the firm and signs in with a password; without one until the invitation is accepted."""

    id = fields.BigIntField(primary_key=True)
    email = LowercaseEmail(unique=True)
    name = fields.CharField(max_length=200)
    role = fields.CharField(max_length=16)
    password_hash = fields.CharField(max_length=255)  # empty until the invitation is accepted
    password_set_at = UtcDatetime(null=True)
    totp_secret = EncryptedText(null=True)
    totp_enrolled_at = UtcDatetime(null=True)
    totp_last_step = fields.BigIntField(default=0, db_default=0)
    invited_by_id = fields.BigIntField(null=True)
    invited_at = UtcDatetime(null=True)  # the newest invitation to the team; null for who was never invited
    created_at = UtcDatetime()
    last_sign_in_at = UtcDatetime(null=True)
    disabled_at = UtcDatetime(null=True)

    class Meta:
        table = 'staff_member'


class StaffSession(Model):
    """One signed-in browser of a staff member. Ending it deletes the row."""

    id = fields.BigIntField(primary_key=True)
    token_hash = fields.CharField(max_length=64, unique=True)
    staff: fields.ForeignKeyRelation[StaffMember] = fields.ForeignKeyField(
        'foyer.StaffMember', related_name='sessions', on_delete=fields.CASCADE
    )
    staff_id: int
    created_at = UtcDatetime()
    last_seen_at = UtcDatetime()
    idle_expires_at = UtcDatetime()
    expires_at = UtcDatetime()
    ip = fields.CharField(max_length=64, default='')
    user_agent = fields.CharField(max_length=400, default='')
    proved_at = UtcDatetime(null=True)  # when this browser last proved who it is; null: when the session began (R38)
    sealed = EncryptedText(null=True)  # what only this browser is to see: a secret being enrolled, new recovery codes

    class Meta:
        table = 'staff_session'
        indexes = (('staff_id',),)
