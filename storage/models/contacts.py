"""The people and organisations the firm deals with, and how they were asked in."""

from tortoise import Model, fields

from storage.fields import LowercaseEmail, UtcDatetime
from storage.models.access import Login


class Contact(Model):
    """A person or an organisation.

    `invited_at`, `invited_by_id` and `invitation_expires_at` mirror the newest invitation (written together with it by
    domain/contacts/invitations.py), so that the status of 100,000 contacts is read from one table.

    `facets` and `last_sign_in_at` are kept by triggers (storage/migrations/0005_finding.py), whatever else is written:
    what lists filter and sort by, in one table and in one number (storage/facets.py).
    """

    id = fields.BigIntField(primary_key=True)
    kind = fields.CharField(max_length=16)
    name = fields.CharField(max_length=200)
    name_key = fields.CharField(max_length=200)  # for sorting: no accents, no case
    organisation = fields.CharField(max_length=200, default='')
    organisation_key = fields.CharField(max_length=200, default='', db_default='')  # the same of the organisation
    search_text = fields.TextField()  # what a search looks through: domain/texts.py
    external_id = fields.CharField(max_length=200, null=True, unique=True)  # what another program calls this contact
    email = LowercaseEmail(null=True)
    email_status = fields.CharField(max_length=16, default='not_tried')
    login: fields.ForeignKeyNullableRelation[Login] = fields.ForeignKeyField(
        'foyer.Login', related_name='contacts', on_delete=fields.SET_NULL, null=True
    )
    login_id: int | None
    portal_access = fields.BooleanField(default=False)
    access_granted_at = UtcDatetime(null=True)
    access_revoked_at = UtcDatetime(null=True)
    invited_at = UtcDatetime(null=True)
    invited_by_id = fields.BigIntField(null=True)
    invitation_expires_at = UtcDatetime(null=True)  # null once accepted or cancelled
    joined_at = UtcDatetime(null=True)
    created_at = UtcDatetime()
    updated_at = UtcDatetime()
    facets = fields.IntField(null=True)
    last_sign_in_at = UtcDatetime(null=True)  # of its login, once the contact has joined
    language = fields.CharField(max_length=16, default='', db_default='')  # of its mail and pages; empty: the browser's

    class Meta:
        table = 'contact'
        indexes = (
            ('email',),
            ('login_id',),
            ('portal_access', 'joined_at', 'invitation_expires_at'),
        )


class Invitation(Model):
    """The record that a contact was asked in. Renewing moves `expires_at`. A contact has one open at most."""

    id = fields.BigIntField(primary_key=True)
    contact: fields.ForeignKeyRelation[Contact] = fields.ForeignKeyField(
        'foyer.Contact', related_name='invitations', on_delete=fields.CASCADE
    )
    contact_id: int
    email = LowercaseEmail()
    message = fields.TextField(default='')
    invited_by_id = fields.BigIntField(null=True)
    created_at = UtcDatetime()
    renewed_at = UtcDatetime(null=True)
    expires_at = UtcDatetime()
    accepted_at = UtcDatetime(null=True)
    cancelled_at = UtcDatetime(null=True)
    reminded_at = UtcDatetime(null=True)

    class Meta:
        table = 'invitation'
        indexes = (('contact_id',), ('created_at',))


class SavedView(Model):
    """A way of looking at the contacts, by name: what the address of the list carries. Every staff member sees it."""

    id = fields.BigIntField(primary_key=True)
    name = fields.CharField(max_length=80)
    name_key = fields.CharField(max_length=80, unique=True)
    query = fields.TextField()  # as in the address, without a place in the list
    made_by_id = fields.BigIntField(null=True)
    made_by_name = fields.CharField(max_length=200, default='')
    created_at = UtcDatetime()

    class Meta:
        table = 'saved_view'
