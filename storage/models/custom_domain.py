"""The firm's own domain: what was asked for, and how far it has come."""

from typing import Any

from tortoise import Model, fields

from storage.fields import UtcDatetime


class CustomDomain(Model):
    """One row, id 1, made with the table. Without a host there is no domain.

    `state` is one of domain/portal/domain_findings.py. Whoever looks at the domain holds the row until `held_until`.
    """

    id = fields.IntField(primary_key=True, generated=False)
    host = fields.CharField(max_length=253, default='', db_default='')  # in ASCII, as DNS has it
    record = fields.CharField(max_length=8, default='', db_default='')  # what staff chose to make: A or CNAME
    state = fields.CharField(max_length=16, default='', db_default='')
    word = fields.CharField(max_length=64, default='', db_default='')  # what Foyer answers when it is asked who it is
    findings: dict[str, Any] | None = fields.JSONField(null=True)  # of the last look
    asked_at = UtcDatetime(null=True)  # it is looked for from here on, for two days
    state_since = UtcDatetime(null=True)
    looked_at = UtcDatetime(null=True)
    next_look_at = UtcDatetime(null=True)  # null: nobody looks any more until staff ask again
    looks = fields.IntField(default=0, db_default=0)  # since `asked_at`, or since the state changed
    faults = fields.IntField(default=0, db_default=0)  # in a row, of a domain that was active
    was_active = fields.BooleanField(default=False, db_default=False)
    held_until = UtcDatetime(null=True)
    staff_at_base_only = fields.BooleanField(default=False, db_default=False)

    class Meta:
        table = 'custom_domain'


class SenderCheck(Model):
    """What the sender check has to be told, because DNS cannot be asked for it: one row, id 1, made with the table."""

    id = fields.IntField(primary_key=True, generated=False)
    dkim_selector = fields.CharField(max_length=63, default='', db_default='')

    class Meta:
        table = 'sender_check'
