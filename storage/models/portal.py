"""What the firm has chosen."""

from tortoise import Model, fields

from storage.fields import UtcDatetime


class PortalSettings(Model):
    """The firm's settings: one row, id 1, made by the first migration."""

    id = fields.IntField(primary_key=True)
    firm_name = fields.CharField(max_length=120, default='')
    new_contacts_get_access = fields.BooleanField(default=False)
    sign_in_link_minutes = fields.IntField(default=15)
    invitation_days = fields.IntField(default=7)
    client_idle_days = fields.IntField(default=7)
    client_session_days = fields.IntField(default=30)
    security_mode = fields.CharField(max_length=32, default='link_and_password', db_default='link_and_password')
    next_security_mode = fields.CharField(max_length=32, default='', db_default='')  # in force from `next_mode_from` on
    next_mode_from = UtcDatetime(null=True)
    staff_two_factor_required = fields.BooleanField(default=False, db_default=False)
    firm_named_at = UtcDatetime(null=True)
    test_mail_id = fields.BigIntField(null=True)  # the newest; its state in the outbox tells whether mail goes out
    checklist_put_away_at = UtcDatetime(null=True)
    setup_closed_at = UtcDatetime(null=True)

    class Meta:
        table = 'portal_settings'
