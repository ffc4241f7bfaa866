"""The access report as one SELECT, its cells as text: the database does the formatting, row by row, in C."""

from storage.queries import STATUS
from storage.sql import is_sqlite

COLUMNS = (
    'contact_id',
    'name',
    'kind',
    'organisation',
    'email',
    'login_email',
    'portal_access',
    'status',
    'invited_at',
    'invited_by',
    'invitation_expires_at',
    'joined_at',
    'last_sign_in_at',
    'last_sign_in_method',
    'password_set',
    'two_factor',
    'two_factor_enrolled_at',
    'active_sessions',
    'email_status',
    'created_at',
)


def iso_time(column: str) -> str:
    """A moment as ISO 8601 in UTC with Z."""
    if is_sqlite():
        return f"coalesce(substr({column}, 1, 10) || 'T' || substr({column}, 12, 8) || 'Z', '')"
    return f"coalesce(to_char({column} AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'), '')"


def _yes(condition: str) -> str:
    return f"CASE WHEN {condition} THEN 'yes' ELSE 'no' END"


def report_sql(*, page: bool = False) -> str:
    """The report in the order of `COLUMNS`; $1 is the time. With `page`, $2 rows from $3 on."""
    signed_in = 'c.joined_at IS NOT NULL AND l.id IS NOT NULL'
    cells = {
        'contact_id': 'c.id',
        'name': 'c.name',
        'kind': 'c.kind',
        'organisation': 'c.organisation',
        'email': "coalesce(c.email, '')",
        'login_email': "coalesce(l.email, '')",
        'portal_access': _yes('c.portal_access'),
        'status': STATUS,
        'invited_at': iso_time('c.invited_at'),
        'invited_by': "coalesce(m.name, '')",
        'invitation_expires_at': iso_time('c.invitation_expires_at'),
        'joined_at': iso_time('c.joined_at'),
        'last_sign_in_at': f"CASE WHEN {signed_in} THEN {iso_time('l.last_sign_in_at')} ELSE '' END",
        'last_sign_in_method': f"CASE WHEN {signed_in} THEN l.last_sign_in_method ELSE '' END",
        'password_set': _yes('l.password_hash IS NOT NULL'),
        'two_factor': _yes('l.totp_enrolled_at IS NOT NULL'),
        'two_factor_enrolled_at': iso_time('l.totp_enrolled_at'),
        'active_sessions': 'CASE WHEN c.portal_access THEN coalesce(s.number, 0) ELSE 0 END',
        'email_status': "CASE WHEN c.email IS NULL THEN 'no_address' ELSE c.email_status END",
        'created_at': iso_time('c.created_at'),
    }
    select = ', '.join(f'{cells[name]} AS {name}' for name in COLUMNS)
    return (
        f'SELECT {select} FROM contact c LEFT JOIN login l ON l.id = c.login_id '
        'LEFT JOIN staff_member m ON m.id = c.invited_by_id '
        'LEFT JOIN (SELECT login_id, count(*) AS number FROM client_session '
        'WHERE expires_at > $1 AND idle_expires_at > $1 GROUP BY login_id) s ON s.login_id = c.login_id '
        f'ORDER BY c.id{" LIMIT $2 OFFSET $3" if page else ""}'
    )
