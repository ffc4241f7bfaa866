"""What finds one contact among a million: words, orders and facets, kept by the database itself.

What the parts mean is explained in storage/facets.py and storage/contact_list.py. Everything here hangs on the tables
`contact` and `login`: a later migration that rebuilds one of them on SQLite has to make its triggers and indexes again.
"""

import re
import unicodedata
from typing import Any

from tortoise import migrations
from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.migrations import operations as ops
from tortoise.migrations.schema_editor import BaseSchemaEditor

BATCH = 5_000  # old rows that are filled at a time

# What a list is filtered by, as one number. `{c}` is the contact, `{login}` what its login adds.
FACETS = """
    CASE WHEN NOT {c}.portal_access THEN CASE WHEN {c}.access_revoked_at IS NULL THEN 0 ELSE 1 END
        WHEN {c}.joined_at IS NOT NULL THEN 2 WHEN {c}.invitation_expires_at IS NOT NULL THEN 3 ELSE 4 END
    + CASE WHEN {c}.joined_at IS NULL THEN 0 ELSE 8 END
    + coalesce({login}, 0)
    + CASE WHEN {c}.kind = 'organisation' THEN 64 ELSE 0 END
    + CASE WHEN EXISTS (SELECT 1 FROM contact o WHERE o.email{collate} = {c}.email AND o.id <> {c}.id)
        THEN 128 ELSE 0 END
    + CASE WHEN {c}.email IS NULL THEN 0 ELSE
        CASE {c}.email_status WHEN 'not_tried' THEN 256 WHEN 'waiting' THEN 512 WHEN 'captured' THEN 768
            WHEN 'sent' THEN 1024 WHEN 'refused' THEN 1280 WHEN 'failed' THEN 1536 ELSE 1792 END END
"""
OF_LOGIN = (
    'CASE WHEN l.totp_enrolled_at IS NULL THEN 0 ELSE 16 END + CASE WHEN l.password_hash IS NULL THEN 0 ELSE 32 END'
)
SHARED = 128
FILTERED_BY = 'kind, email, email_status, login_id, portal_access, access_revoked_at, joined_at, invitation_expires_at'
FACETS_IN_PLACE = FACETS.format(
    c='contact', login=f'(SELECT {OF_LOGIN} FROM login l WHERE l.id = contact.login_id)', collate=''
)
SIGNED_IN_IN_PLACE = (
    'CASE WHEN contact.joined_at IS NOT NULL '
    'THEN (SELECT l.last_sign_in_at FROM login l WHERE l.id = contact.login_id) END'
)
ORDERS = {
    'name': 'name_key',
    'email': 'email',
    'organisation': 'organisation_key',
    'created': 'created_at',
    'invited': 'invited_at',
    'joined': 'joined_at',
    'last_sign_in': 'last_sign_in_at',
}
TEXTS = ('name', 'email', 'organisation')
GRANTED = 'CREATE INDEX contact_granted ON contact (access_granted_at) WHERE portal_access'  # figures of this week
BYTES = ' COLLATE "C"'
BY_IDENTITY = 'CREATE INDEX contact_by_identity ON contact (email, name_key)'  # an import asks who is who, row by row
TO_REMIND_OF = (  # storage/reminder_claims.py looks for them again and again
    'CREATE INDEX invitation_to_remind_of ON invitation (expires_at) '
    'WHERE accepted_at IS NULL AND cancelled_at IS NULL AND reminded_at IS NULL'
)

WITHOUT_BLANKS = (
    '\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3\uf900-\ufaff\U00020000-\U0003ffff'
)
WITHIN_A_WORD = re.compile(
    rf'(?:(?<=[^\W_])(?=[^\w\s]|_)|(?<=[^\w\s]|_)(?=[^\W_])|(?<=\S)(?=[{WITHOUT_BLANKS}]))(?=(\S\S?))'
)

ONE_LETTER = str.maketrans(
    {'ł': 'l', 'ø': 'o', 'đ': 'd', 'ð': 'd', 'þ': 'th', 'æ': 'ae', 'œ': 'oe', 'ħ': 'h', 'ı': 'i', 'ŧ': 't', 'ŋ': 'n'}
)

# ── SQLite ──────────────────────────────────────────────────────────────────
# A trigger of SQLite can only add to a row afterwards. Rows without facets are not in the indexes, so each new row is
# written into them once.
COMPLETE = 'WHERE facets IS NOT NULL'
SQLITE_INDEXES = (
    *(
        f'CREATE INDEX contact_by_{name} ON contact ({column}, id, facets) {COMPLETE}'
        for name, column in ORDERS.items()
    ),
    BY_IDENTITY,
    f'CREATE INDEX contact_by_facets ON contact (facets, invitation_expires_at, id) {COMPLETE}',
    f'CREATE INDEX contact_shared ON contact (email, id) {COMPLETE} AND facets & {SHARED} <> 0',
    GRANTED,
)
REFRESH = f'UPDATE contact SET facets = {FACETS_IN_PLACE}, last_sign_in_at = {SIGNED_IN_IN_PLACE} WHERE '
SHARES_NOW = (
    f'UPDATE contact SET facets = facets | {SHARED} WHERE facets & {SHARED} = 0 AND id = '
    '(SELECT o.id FROM contact o WHERE o.email = NEW.email AND o.id <> NEW.id LIMIT 1)'
)
SHARES_NO_MORE = (
    f'UPDATE contact SET facets = facets - {SHARED} WHERE email = OLD.email AND facets & {SHARED} <> 0 '
    'AND 1 = (SELECT count(*) FROM (SELECT 1 FROM contact o WHERE o.email = OLD.email LIMIT 2))'
)
ADD_WORDS = 'INSERT INTO contact_words (rowid, search_text) VALUES (NEW.id, NEW.search_text)'
TAKE_WORDS = "INSERT INTO contact_words (contact_words, rowid, search_text) VALUES ('delete', OLD.id, OLD.search_text)"
SQLITE_WORDS = (
    'CREATE VIRTUAL TABLE contact_words USING fts5('
    "search_text, content='contact', content_rowid='id', tokenize='trigram case_sensitive 1', detail=none)",
    "INSERT INTO contact_words (contact_words) VALUES ('rebuild')",
)
SQLITE_TRIGGERS = (
    f'CREATE TRIGGER contact_found_when_new AFTER INSERT ON contact BEGIN {ADD_WORDS}; '
    f'{REFRESH} id = NEW.id; {SHARES_NOW}; END',
    f'CREATE TRIGGER contact_found_when_gone AFTER DELETE ON contact BEGIN {TAKE_WORDS}; {SHARES_NO_MORE}; END',
    f'CREATE TRIGGER contact_found_by_words AFTER UPDATE OF search_text ON contact '
    f'WHEN OLD.search_text <> NEW.search_text BEGIN {TAKE_WORDS}; {ADD_WORDS}; END',
    f'CREATE TRIGGER contact_found_by_facets AFTER UPDATE OF {FILTERED_BY} ON contact BEGIN {REFRESH} id = NEW.id; END',
    'CREATE TRIGGER contact_found_by_address AFTER UPDATE OF email ON contact '
    f'WHEN OLD.email IS NOT NEW.email BEGIN {SHARES_NOW}; {SHARES_NO_MORE}; END',
    'CREATE TRIGGER contact_found_by_login AFTER UPDATE OF password_hash, totp_enrolled_at, last_sign_in_at ON login '
    'WHEN (OLD.password_hash IS NULL) <> (NEW.password_hash IS NULL) '
    'OR (OLD.totp_enrolled_at IS NULL) <> (NEW.totp_enrolled_at IS NULL) '
    f'OR OLD.last_sign_in_at IS NOT NEW.last_sign_in_at BEGIN {REFRESH} login_id = NEW.id; END',
)

# ── PostgreSQL ──────────────────────────────────────────────────────────────
MORE_MEMORY = "SET LOCAL maintenance_work_mem = '256MB'"  # a full-text index of a million rows is made in it
# Texts are compared byte by byte, which is what SQLite does and what the keys are folded for. Without the extension,
# which an operator may withhold, words are looked for in every row.
WITH_TRIGRAMS = """
DO $$ BEGIN
    BEGIN
        CREATE EXTENSION IF NOT EXISTS pg_trgm;
    EXCEPTION WHEN insufficient_privilege OR undefined_file OR feature_not_supported THEN
        RAISE NOTICE 'pg_trgm is not here: searches look at every contact';
    END;
    IF EXISTS (SELECT 1 FROM pg_extension WHERE extname = 'pg_trgm') THEN
        CREATE INDEX contact_words ON contact USING gin (search_text gin_trgm_ops) WITH (gin_pending_list_limit = 1024);
    END IF;
END $$
"""
POSTGRES_INDEXES = (
    *(
        f'CREATE INDEX contact_by_{name} ON contact ({column}{BYTES if name in TEXTS else ""}, id, facets)'
        for name, column in ORDERS.items()
    ),
    BY_IDENTITY,
    'CREATE INDEX contact_by_facets ON contact (facets, invitation_expires_at, id)',
    f'CREATE INDEX contact_shared ON contact (email COLLATE "C", id) WHERE facets & {SHARED} <> 0',
    GRANTED,
)
# The triggers look by indexes, whatever the planner thinks: a session keeps their plans, and one that was made while
# the table was small would look at every row for each of the 100,000 that an import brings.
KEEP_FACETS = f"""
CREATE FUNCTION contact_facets() RETURNS trigger LANGUAGE plpgsql SET enable_seqscan = off AS $$
DECLARE
    of_login integer := 0;
    signed_in timestamptz;
BEGIN
    IF NEW.login_id IS NOT NULL THEN
        SELECT {OF_LOGIN}, l.last_sign_in_at INTO of_login, signed_in FROM login l WHERE l.id = NEW.login_id;
    END IF;
    NEW.facets := {FACETS.format(c='NEW', login='of_login', collate=' COLLATE "C"')};
    NEW.last_sign_in_at := CASE WHEN NEW.joined_at IS NOT NULL THEN signed_in END;
    RETURN NEW;
END $$
"""
# A facet that is emptied is worked out anew by the trigger above. Of several that share an address all are marked but,
# at most, the first that came; ids grow, so it is the lowest.
KEEP_SHARED = f"""
CREATE FUNCTION contact_shares() RETURNS trigger LANGUAGE plpgsql SET enable_seqscan = off AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN
        UPDATE contact SET facets = NULL WHERE email COLLATE "C" = OLD.email AND facets & {SHARED} <> 0
            AND 1 = (SELECT count(*) FROM (SELECT 1 FROM contact o WHERE o.email COLLATE "C" = OLD.email LIMIT 2) two);
    END IF;
    IF TG_OP = 'INSERT' AND NEW.email IS NOT NULL THEN
        UPDATE contact SET facets = NULL WHERE facets & {SHARED} = 0 AND id = (
            SELECT o.id FROM contact o WHERE o.email COLLATE "C" = NEW.email ORDER BY o.id LIMIT 1
        ) AND EXISTS (SELECT 1 FROM contact o WHERE o.email COLLATE "C" = NEW.email AND o.id <> contact.id);
    ELSIF TG_OP = 'UPDATE' THEN
        UPDATE contact SET facets = NULL WHERE email COLLATE "C" = NEW.email AND facets & {SHARED} = 0
            AND EXISTS (SELECT 1 FROM contact o WHERE o.email COLLATE "C" = NEW.email AND o.id <> contact.id);
    END IF;
    RETURN NULL;
END $$
"""
KEEP_LOGIN = """
CREATE FUNCTION contact_follows_login() RETURNS trigger LANGUAGE plpgsql SET enable_seqscan = off AS $$
BEGIN
    UPDATE contact SET facets = NULL WHERE login_id = NEW.id;
    RETURN NULL;
END $$
"""
POSTGRES_TRIGGERS = (
    KEEP_FACETS,
    KEEP_SHARED,
    KEEP_LOGIN,
    'CREATE TRIGGER contact_facets BEFORE INSERT OR UPDATE ON contact FOR EACH ROW EXECUTE FUNCTION contact_facets()',
    'CREATE TRIGGER contact_shares AFTER INSERT OR DELETE ON contact FOR EACH ROW EXECUTE FUNCTION contact_shares()',
    'CREATE TRIGGER contact_shares_anew AFTER UPDATE OF email ON contact FOR EACH ROW '
    'WHEN (OLD.email IS DISTINCT FROM NEW.email) EXECUTE FUNCTION contact_shares()',
    'CREATE TRIGGER contact_follows_login AFTER UPDATE OF password_hash, totp_enrolled_at, last_sign_in_at ON login '
    'FOR EACH ROW WHEN ((OLD.password_hash IS NULL) <> (NEW.password_hash IS NULL) '
    'OR (OLD.totp_enrolled_at IS NULL) <> (NEW.totp_enrolled_at IS NULL) '
    'OR OLD.last_sign_in_at IS DISTINCT FROM NEW.last_sign_in_at) EXECUTE FUNCTION contact_follows_login()',
)


async def find_quickly(_: object, editor: BaseSchemaEditor) -> None:
    """Fill the rows that are there, then let the engine keep what it finds them by."""
    client, is_sqlite = editor.client, editor.client.capabilities.dialect == 'sqlite'
    filled = await _fill(client, is_sqlite)
    if is_sqlite:
        statements = (*SQLITE_INDEXES, *SQLITE_WORDS, *SQLITE_TRIGGERS)
    else:
        statements = (MORE_MEMORY, *POSTGRES_INDEXES, WITH_TRIGRAMS, *POSTGRES_TRIGGERS)
        if filled:  # of a table that is known to be empty the planner thinks that it stays so
            statements = (*statements, 'ANALYZE contact')
    for statement in statements:
        await client.execute_query(statement)


async def _fill(client: BaseDBAsyncClient, is_sqlite: bool) -> bool:
    """What the rows that are there are found by, some at a time, before there is an index to keep. Whether there are
    any."""
    filled = f'facets = {FACETS_IN_PLACE}, last_sign_in_at = {SIGNED_IN_IN_PLACE}'
    last = 0
    while True:
        rows = await client.execute_query_dict(
            f'SELECT id, name, organisation, email FROM contact WHERE id > {last} ORDER BY id LIMIT {BATCH}'
        )
        if not rows:
            break
        last = int(rows[-1]['id'])
        texts = [(fold(row['organisation'])[:200], words_of(row), row['id']) for row in rows]
        if is_sqlite:
            await client.execute_many(
                f'UPDATE contact SET organisation_key = ?, search_text = ?, {filled} WHERE id = ?', texts
            )
        else:
            await client.execute_query(
                f'UPDATE contact SET organisation_key = t.organisation_key, search_text = t.search_text, {filled} '
                'FROM unnest($1::text[], $2::text[], $3::bigint[]) AS t (organisation_key, search_text, id) '
                'WHERE contact.id = t.id',
                [list(column) for column in zip(*texts, strict=True)],
            )
    return last > 0


def fold(text: str) -> str:
    """As domain/texts.py did when this was written."""
    bare = ''.join(
        letter for letter in unicodedata.normalize('NFKD', text.casefold()) if not unicodedata.combining(letter)
    )
    return unicodedata.normalize('NFC', bare)


def words_of(row: dict[str, Any]) -> str:
    """The same for what a search looks through."""
    text = fold(f'{row["name"]} {row["organisation"]} {row["email"] or ""}').translate(ONE_LETTER)
    return ''.join(f'  {word}' for word in dict.fromkeys([*text.split(), *WITHIN_A_WORD.findall(text)]))


class Migration(migrations.Migration):
    dependencies = [('foyer', '0004_many_contacts')]
    operations = [ops.RunPython(find_quickly)]
