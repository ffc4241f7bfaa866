"""What a client signs in with, and the sessions and tokens that come of it."""

from tortoise import Model, fields

from storage.fields import EncryptedText, LowercaseEmail, UtcDatetime
from storage.models.staff import StaffMember


class Login(Model):
    """One email address, serving every contact that bears it."""

    id = fields.BigIntField(primary_key=True)
    email = LowercaseEmail(unique=True)
    password_hash = fields.CharField(max_length=255, null=True)
    password_set_at = UtcDatetime(null=True)
    totp_secret = EncryptedText(null=True)
    totp_enrolled_at = UtcDatetime(null=True)  # set as long as a second factor is asked for
    totp_last_step = fields.BigIntField(default=0, db_default=0)  # the newest step of 30 s that was accepted (R24)
    created_at = UtcDatetime()
    last_sign_in_at = UtcDatetime(null=True)
    last_sign_in_method = fields.CharField(max_length=32, default='')
    belongs_with_id = fields.BigIntField(null=True)  # the contact mail is addressed to; null: domain/access/logins.py

    class Meta:
        table = 'login'
        indexes = (('last_sign_in_at',),)


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
    proved_at = UtcDatetime(null=True)  # when this browser last proved who it is; null: when the session began (R38)
    sealed = EncryptedText(null=True)  # what only this browser is to see: a secret being enrolled, new recovery codes

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
    staff_id = fields.BigIntField(null=True)  # the staff member it is for: an invitation to the team, a reset
    leads_to_id = fields.BigIntField(null=True)  # what of the portal's home opens after the sign-in; null: the home

    class Meta:
        table = 'one_time_token'
        indexes = (('login_id', 'purpose'), ('browser_hash',), ('contact_id',), ('staff_id',))


class PendingSignIn(Model):
    """A first factor that held, waiting for the second. It opens nothing (R29)."""

    id = fields.BigIntField(primary_key=True)
    token_hash = fields.CharField(max_length=64, unique=True)
    login: fields.ForeignKeyNullableRelation[Login] = fields.ForeignKeyField(
        'foyer.Login', related_name='pending', on_delete=fields.CASCADE, null=True
    )
    login_id: int | None
    staff: fields.ForeignKeyNullableRelation[StaffMember] = fields.ForeignKeyField(
        'foyer.StaffMember', related_name='pending', on_delete=fields.CASCADE, null=True
    )
    staff_id: int | None
    method = fields.CharField(max_length=32)
    contact_id = fields.BigIntField(null=True)  # the contact the link was made for
    token_id = fields.BigIntField(null=True)  # the link that was used
    leads_to_id = fields.BigIntField(null=True)  # where that link leads
    created_at = UtcDatetime()
    expires_at = UtcDatetime()

    class Meta:
        table = 'pending_sign_in'
        indexes = (('login_id',), ('staff_id',))


class RecoveryCode(Model):
    """Stands in for TOTP, once. Only the hash of the code is here (R28)."""

    id = fields.BigIntField(primary_key=True)
    login: fields.ForeignKeyNullableRelation[Login] = fields.ForeignKeyField(
        'foyer.Login', related_name='recovery_codes', on_delete=fields.CASCADE, null=True
    )
    login_id: int | None
    staff: fields.ForeignKeyNullableRelation[StaffMember] = fields.ForeignKeyField(
        'foyer.StaffMember', related_name='recovery_codes', on_delete=fields.CASCADE, null=True
    )
    staff_id: int | None
    code_hash = fields.CharField(max_length=64)
    created_at = UtcDatetime()
    used_at = UtcDatetime(null=True)

    class Meta:
        table = 'recovery_code'
        indexes = (('login_id',), ('staff_id',))


class UnknownAddress(Model):
    """An address that tried to sign in and belongs to no contact with access. For staff, who may know better."""

    id = fields.BigIntField(primary_key=True)
    email = LowercaseEmail(unique=True)
    tries = fields.IntField(default=1)
    first_at = UtcDatetime()
    last_at = UtcDatetime()
    ip = fields.CharField(max_length=64, default='')
    network = fields.CharField(max_length=64, default='')  # the one that tried it first; few may be new from one
    user_agent = fields.CharField(max_length=400, default='')
    ignored_at = UtcDatetime(null=True)

    class Meta:
        table = 'unknown_address'
        indexes = (('ignored_at', 'last_at'), ('network', 'first_at'))


class RateLog(Model):
    """When somebody last tried something, as often as its limit allows, written by one atomic UPSERT (R44).

    `times` holds the moments that count, oldest first: microseconds since 1970, sixteen digits each.
    """

    id = fields.BigIntField(primary_key=True)
    key = fields.CharField(max_length=160, unique=True)
    times = fields.TextField()
    refused = fields.IntField(default=0)  # tries refused since the last one that counted
    expires_at = UtcDatetime()

    class Meta:
        table = 'rate_log'
        indexes = (('expires_at',),)
