"""What the models cannot say: one open invitation per contact, an audit log nobody edits, the one row of settings."""

from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise.migrations.schema_editor import BaseSchemaEditor

EVERYWHERE = (
    'CREATE UNIQUE INDEX one_open_invitation ON invitation (contact_id) '
    'WHERE accepted_at IS NULL AND cancelled_at IS NULL',
    'INSERT INTO portal_settings (id, firm_name, new_contacts_get_access, sign_in_link_minutes, invitation_days, '
    "client_idle_days, client_session_days) VALUES (1, '', FALSE, 15, 7, 7, 30)",
)
ON_SQLITE = (
    'CREATE TRIGGER audit_event_no_update BEFORE UPDATE ON audit_event '
    "BEGIN SELECT RAISE(ABORT, 'audit_event is append-only'); END",
    'CREATE TRIGGER audit_event_no_delete BEFORE DELETE ON audit_event '
    "BEGIN SELECT RAISE(ABORT, 'audit_event is append-only'); END",
)
ON_POSTGRES = (
    'CREATE FUNCTION audit_event_is_append_only() RETURNS trigger LANGUAGE plpgsql AS '
    "$$ BEGIN RAISE EXCEPTION 'audit_event is append-only' USING ERRCODE = 'check_violation'; END $$",
    'CREATE TRIGGER audit_event_append_only BEFORE UPDATE OR DELETE ON audit_event '
    'FOR EACH ROW EXECUTE FUNCTION audit_event_is_append_only()',
    'CREATE TRIGGER audit_event_no_truncate BEFORE TRUNCATE ON audit_event '
    'FOR EACH STATEMENT EXECUTE FUNCTION audit_event_is_append_only()',
)


async def add_guards(_: object, editor: BaseSchemaEditor) -> None:
    """Write the guards in the dialect of the engine."""
    here = ON_SQLITE if editor.client.capabilities.dialect == 'sqlite' else ON_POSTGRES
    for statement in EVERYWHERE + here:
        await editor.client.execute_query(statement)


class Migration(migrations.Migration):
    dependencies = [('foyer', '0001_first')]
    operations = [ops.RunPython(add_guards)]
