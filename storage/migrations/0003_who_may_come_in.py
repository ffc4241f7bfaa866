from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

from storage.fields import EncryptedText, LowercaseEmail, UtcDatetime


class Migration(migrations.Migration):
    dependencies = [('foyer', '0002_guards')]

    initial = False

    operations = [
        ops.CreateModel(
            name='PendingSignIn',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('token_hash', fields.CharField(unique=True, max_length=64)),
                (
                    'login',
                    fields.ForeignKeyField(
                        'foyer.Login',
                        source_field='login_id',
                        null=True,
                        db_constraint=True,
                        to_field='id',
                        related_name='pending',
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                (
                    'staff',
                    fields.ForeignKeyField(
                        'foyer.StaffMember',
                        source_field='staff_id',
                        null=True,
                        db_constraint=True,
                        to_field='id',
                        related_name='pending',
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ('method', fields.CharField(max_length=32)),
                ('contact_id', fields.BigIntField(null=True)),
                ('token_id', fields.BigIntField(null=True)),
                ('created_at', UtcDatetime(auto_now=False, auto_now_add=False)),
                ('expires_at', UtcDatetime(auto_now=False, auto_now_add=False)),
            ],
            options={
                'table': 'pending_sign_in',
                'app': 'foyer',
                'indexes': [Index(fields=['login_id']), Index(fields=['staff_id'])],
                'pk_attr': 'id',
                'table_description': 'A first factor that held, waiting for the second. It opens nothing (R29).',
            },
            bases=['Model'],
        ),
        ops.CreateModel(
            name='RateLog',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('key', fields.CharField(unique=True, max_length=160)),
                ('times', fields.TextField(unique=False)),
                ('refused', fields.IntField(default=0)),
                ('expires_at', UtcDatetime(auto_now=False, auto_now_add=False)),
            ],
            options={
                'table': 'rate_log',
                'app': 'foyer',
                'indexes': [Index(fields=['expires_at'])],
                'pk_attr': 'id',
                'table_description': 'When somebody last tried something, as often as its limit allows, written by one atomic UPSERT (R44).',
            },
            bases=['Model'],
        ),
        ops.CreateModel(
            name='RecoveryCode',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                (
                    'login',
                    fields.ForeignKeyField(
                        'foyer.Login',
                        source_field='login_id',
                        null=True,
                        db_constraint=True,
                        to_field='id',
                        related_name='recovery_codes',
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                (
                    'staff',
                    fields.ForeignKeyField(
                        'foyer.StaffMember',
                        source_field='staff_id',
                        null=True,
                        db_constraint=True,
                        to_field='id',
                        related_name='recovery_codes',
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ('code_hash', fields.CharField(max_length=64)),
                ('created_at', UtcDatetime(auto_now=False, auto_now_add=False)),
                ('used_at', UtcDatetime(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                'table': 'recovery_code',
                'app': 'foyer',
                'indexes': [Index(fields=['login_id']), Index(fields=['staff_id'])],
                'pk_attr': 'id',
                'table_description': 'Stands in for TOTP, once. Only the hash of the code is here (R28).',
            },
            bases=['Model'],
        ),
        ops.CreateModel(
            name='SecurityNotice',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('old_mode', fields.CharField(max_length=32)),
                ('mode', fields.CharField(max_length=32)),
                ('from_when', UtcDatetime(null=True, auto_now=False, auto_now_add=False)),
                ('after_login_id', fields.BigIntField(default=0)),
                ('until_login_id', fields.BigIntField()),
                ('made_by_id', fields.BigIntField()),
                ('made_by_name', fields.CharField(max_length=200)),
                ('created_at', UtcDatetime(auto_now=False, auto_now_add=False)),
                ('stopped_at', UtcDatetime(null=True, auto_now=False, auto_now_add=False)),
                ('finished_at', UtcDatetime(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                'table': 'security_notice',
                'app': 'foyer',
                'pk_attr': 'id',
                'table_description': 'The mails about one change of the security mode, and how far writing them has come.',
            },
            bases=['Model'],
        ),
        ops.CreateModel(
            name='UnknownAddress',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('email', LowercaseEmail(unique=True)),
                ('tries', fields.IntField(default=1)),
                ('first_at', UtcDatetime(auto_now=False, auto_now_add=False)),
                ('last_at', UtcDatetime(auto_now=False, auto_now_add=False)),
                ('ip', fields.CharField(default='', max_length=64)),
                ('network', fields.CharField(default='', max_length=64)),
                ('user_agent', fields.CharField(default='', max_length=400)),
                ('ignored_at', UtcDatetime(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                'table': 'unknown_address',
                'app': 'foyer',
                'indexes': [Index(fields=['ignored_at', 'last_at']), Index(fields=['network', 'first_at'])],
                'pk_attr': 'id',
                'table_description': 'An address that tried to sign in and belongs to no contact with access. For staff, who may know better.',
            },
            bases=['Model'],
        ),
        ops.AddIndex(
            model_name='AuditEvent',
            index=Index(fields=['actor_id', 'id']),
        ),
        ops.AddIndex(
            model_name='AuditEvent',
            index=Index(fields=['actor_id', 'kind', 'id']),
        ),
        ops.AddIndex(
            model_name='AuditEvent',
            index=Index(fields=['staff_id', 'id']),
        ),
        ops.AddIndex(
            model_name='AuditEvent',
            index=Index(fields=['staff_id', 'kind', 'id']),
        ),
        ops.AddIndex(
            model_name='AuditEvent',
            index=Index(fields=['at']),
        ),
        ops.AddField(
            model_name='ClientSession',
            name='proved_at',
            field=UtcDatetime(null=True, auto_now=False, auto_now_add=False),
        ),
        ops.AddField(
            model_name='ClientSession',
            name='sealed',
            field=EncryptedText(null=True, unique=False),
        ),
        ops.AddField(
            model_name='Login',
            name='password_set_at',
            field=UtcDatetime(null=True, auto_now=False, auto_now_add=False),
        ),
        ops.AddField(
            model_name='Login',
            name='totp_enrolled_at',
            field=UtcDatetime(null=True, auto_now=False, auto_now_add=False),
        ),
        ops.AddField(
            model_name='Login',
            name='totp_last_step',
            field=fields.BigIntField(default=0, db_default=0),
        ),
        ops.AddField(
            model_name='Login',
            name='totp_secret',
            field=EncryptedText(null=True, unique=False),
        ),
        ops.AddField(
            model_name='OneTimeToken',
            name='staff_id',
            field=fields.BigIntField(null=True),
        ),
        ops.AddIndex(
            model_name='OneTimeToken',
            index=Index(fields=['staff_id']),
        ),
        ops.AddField(
            model_name='PortalSettings',
            name='next_mode_from',
            field=UtcDatetime(null=True, auto_now=False, auto_now_add=False),
        ),
        ops.AddField(
            model_name='PortalSettings',
            name='next_security_mode',
            field=fields.CharField(default='', db_default='', max_length=32),
        ),
        ops.AddField(
            model_name='PortalSettings',
            name='security_mode',
            field=fields.CharField(default='link_and_password', db_default='link_and_password', max_length=32),
        ),
        ops.AddField(
            model_name='PortalSettings',
            name='staff_two_factor_required',
            field=fields.BooleanField(default=False, db_default=False),
        ),
        ops.AlterModelOptions(
            name='StaffMember',
            options={
                'table': 'staff_member',
                'app': 'foyer',
                'pk_attr': 'id',
                'table_description': 'A person who works for the firm and signs in with a password; without one until the invitation is accepted.',
            },
        ),
        ops.AddField(
            model_name='StaffMember',
            name='invited_at',
            field=UtcDatetime(null=True, auto_now=False, auto_now_add=False),
        ),
        ops.AddField(
            model_name='StaffMember',
            name='invited_by_id',
            field=fields.BigIntField(null=True),
        ),
        ops.AddField(
            model_name='StaffMember',
            name='password_set_at',
            field=UtcDatetime(null=True, auto_now=False, auto_now_add=False),
        ),
        ops.AddField(
            model_name='StaffMember',
            name='totp_enrolled_at',
            field=UtcDatetime(null=True, auto_now=False, auto_now_add=False),
        ),
        ops.AddField(
            model_name='StaffMember',
            name='totp_last_step',
            field=fields.BigIntField(default=0, db_default=0),
        ),
        ops.AddField(
            model_name='StaffMember',
            name='totp_secret',
            field=EncryptedText(null=True, unique=False),
        ),
        ops.AddField(
            model_name='StaffSession',
            name='proved_at',
            field=UtcDatetime(null=True, auto_now=False, auto_now_add=False),
        ),
        ops.AddField(
            model_name='StaffSession',
            name='sealed',
            field=EncryptedText(null=True, unique=False),
        ),
        ops.DeleteModel(name='RateCounter'),
    ]
