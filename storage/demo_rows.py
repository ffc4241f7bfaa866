"""Many rows at once, for the demo: everything else writes through models, one deed at a time."""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from tortoise import Model, connections

from storage.models import ClientSession, Contact, OutboxMail
from storage.sql import in_dialect


async def insert_rows(model: type[Model], rows: Iterable[Mapping[str, Any]]) -> None:
    """Insert rows given as column and value; a column that a row does not name gets the default of its field.

    One statement, run once for each row, inside the transaction that is open. Triggers and constraints hold.
    """
    fields = {
        column: field.default
        for name, column in model._meta.fields_db_projection.items()
        if (field := model._meta.fields_map[name]) is not model._meta.pk
    }
    given = list(rows)
    if given and model._meta.db_pk_column in given[0]:
        fields[model._meta.db_pk_column] = None
    columns = ', '.join(fields)
    marks = ', '.join(f'${number}' for number in range(1, len(fields) + 1))
    await connections.get('default').execute_many(
        in_dialect(f'INSERT INTO {model._meta.db_table} ({columns}) VALUES ({marks})'),
        [[_plain(row.get(column, default)) for column, default in fields.items()] for row in given],
    )


async def come_online(session_ids: list[int], until: datetime) -> None:
    """These sessions have a page open."""
    await ClientSession.filter(id__in=session_ids).update(online_until=until)


async def put_off(mail_ids: list[int], answer: str, again_at: datetime) -> None:
    """A server that greylists has asked us to come back later."""
    mails = OutboxMail.filter(id__in=mail_ids)
    await Contact.filter(email__in=await mails.values_list('to_address', flat=True)).update(email_status='waiting')
    await mails.update(state='queued', tries=2, last_answer=answer, next_try_at=again_at)


def _plain(value: Any) -> Any:
    if callable(value):
        value = value()
    return json.dumps(value) if isinstance(value, dict) else value
