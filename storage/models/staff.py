"""The people who work for the firm."""

from tortoise import Model, fields

from storage.fields import LowercaseEmail, UtcDatetime


class StaffMember(Model):
    """A person who works for the firm and signs in with a password."""

    id = fields.BigIntField(primary_key=True)
    email = LowercaseEmail(unique=True)
    name = fields.CharField(max_length=200)
    role = fields.CharField(max_length=16)
    password_hash = fields.CharField(max_length=255)
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

    class Meta:
        table = 'staff_session'
        indexes = (('staff_id',),)
