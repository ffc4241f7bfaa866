"""What the firm has chosen, and whom it still has to tell."""

from tortoise import Model, fields

from storage.fields import UtcDatetime


class PortalSettings(Model):
    """The firm's settings: one row, id 1, made by the first migration."""

    id = fields.IntField(primary_key=True)
    firm_name = fields.CharField(max_length=120, default='')
    new_contacts_get_access = fields.BooleanField(default=False)
    sign_in_link_minutes = fields.IntField(default=15)
    invitation_days = fields.IntField(default=7)
    reminds_before_expiry = fields.BooleanField(default=True, db_default=True)
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


class SecurityNotice(Model):
    """The mails about one change of the security mode, and how far writing them has come.

    They go to the logins it concerns, in the order of their ids; `after_login_id` is the last that was looked at. Once
    stopped, those that still wait are cancelled instead (domain/access/security_notices.py).
    """

    id = fields.BigIntField(primary_key=True)
    old_mode = fields.CharField(max_length=32)
    mode = fields.CharField(max_length=32)
    from_when = UtcDatetime(null=True)  # null: at once
    after_login_id = fields.BigIntField(default=0)
    until_login_id = fields.BigIntField()  # who came later was never let in otherwise
    made_by_id = fields.BigIntField()
    made_by_name = fields.CharField(max_length=200)
    created_at = UtcDatetime()
    stopped_at = UtcDatetime(null=True)
    finished_at = UtcDatetime(null=True)

    class Meta:
        table = 'security_notice'


class ReportSchedule(Model):
    """When the access report is announced, and to whom. The filters are those of the contact list, as in its address.

    The mail holds a link that asks for sign-in, never the report.
    """

    id = fields.BigIntField(primary_key=True)
    every = fields.CharField(max_length=16)  # day, week, month
    weekday = fields.IntField(default=0)  # 0 is Monday; for a week
    day = fields.IntField(default=1)  # of the month; the last one of a shorter month
    at_minute = fields.IntField()  # minutes after midnight, as clocks in `zone` show it
    zone = fields.CharField(max_length=64)  # IANA name
    query = fields.TextField(default='')
    file_format = fields.CharField(max_length=8)
    staff_ids: list[int] = fields.JSONField()
    next_at = UtcDatetime()
    last_at = UtcDatetime(null=True)
    made_by_id = fields.BigIntField(null=True)
    made_by_name = fields.CharField(max_length=200, default='')
    created_at = UtcDatetime()

    class Meta:
        table = 'report_schedule'
        indexes = (('next_at',),)
