"""What a client signs in with, and the sessions and tokens that come of it."""

from tortoise import Model, fields

from storage.fields import LowercaseEmail, UtcDatetime


class Login(Model):
    """One email address, serving every contact that bears it."""

    id = fields.BigIntField(primary_key=True)
    email = LowercaseEmail(unique=True)
    password_hash = fields.CharField(max_length=255, null=True)
    created_at = UtcDatetime()
    last_sign_in_at = UtcDatetime(null=True)
    last_sign_in_method = fields.CharField(max_length=32, default='')

    class Meta:
        table = 'login'


class ClientSession(Model):
    """One signed-in browser of a client. Ending it deletes the row (R32, R36)."""

    id = fields.BigIntField(primary_key=True)
    token_hash = fields.CharField(max_length=64, unique=True)
    login: fields.ForeignKeyRelation[Login] = fields.ForeignKeyField(
        'foyer.Login', related_name='sessions', on_delete=fields.CASCADE
    )
    login_id: int
    contact_id = fields.BigIntField(null=True)  # the contact the client picked; null until it picks
    method = fields.CharField(max_length=32)
    created_at = UtcDatetime()
    last_seen_at = UtcDatetime()
    online_until = UtcDatetime()  # moved on while a page is open; in the past once the last one closed
    idle_expires_at = UtcDatetime()
    expires_at = UtcDatetime()
    ip = fields.CharField(max_length=64, default='')
    user_agent = fields.CharField(max_length=400, default='')

    class Meta:
        table = 'client_session'
        indexes = (('login_id',), ('online_until',))


class OneTimeToken(Model):
    """A link that works once. Only the SHA-256 of the token is here (R2). The row outlives its use, to explain it."""

    id = fields.BigIntField(primary_key=True)
    purpose = fields.CharField(max_length=16)
    token_hash = fields.CharField(max_length=64, unique=True)
    login: fields.ForeignKeyNullableRelation[Login] = fields.ForeignKeyField(
        'foyer.Login', related_name='tokens', on_delete=fields.CASCADE, null=True
    )
    login_id: int | None
    contact_id = fields.BigIntField(null=True)
    invitation_id = fields.BigIntField(null=True)
    email = LowercaseEmail(default='')
    created_at = UtcDatetime()
    expires_at = UtcDatetime()
    used_at = UtcDatetime(null=True)
    voided_at = UtcDatetime(null=True)
    void_reason = fields.CharField(max_length=16, default='')
    browser_hash = fields.CharField(max_length=64, default='')  # the browser that asked; its code works only there
    code_hash = fields.CharField(max_length=64, default='')
    code_expires_at = UtcDatetime(null=True)
    code_tries = fields.IntField(default=0)
    made_by_id = fields.BigIntField(null=True)  # the staff member who made a link by hand

    class Meta:
        table = 'one_time_token'
        indexes = (('login_id', 'purpose'), ('browser_hash',), ('contact_id',))


class RateCounter(Model):
    """How often something was tried in one window of time, counted by one atomic UPSERT (R44)."""

    id = fields.BigIntField(primary_key=True)
    key = fields.CharField(max_length=160)
    window_start = UtcDatetime()
    expires_at = UtcDatetime()
    count = fields.IntField(default=0)

    class Meta:
        table = 'rate_counter'
        unique_together = (('key', 'window_start'),)
        indexes = (('expires_at',),)
