"""Names of organisations, as they are offered to whoever types one: each once, however many contacts have it."""

from collections.abc import Sequence

from storage.contact_sql import Values, by_words, in_bytes, word_condition
from storage.sql import fetch, is_sqlite

MOST_LOOKED_AT = 2_000  # contacts


async def organisations_from(beginning: str, limit: int) -> list[str]:
    """Names of organisations whose folded name begins so, each once, in order."""
    key = in_bytes('c.organisation_key')
    first_past = f'SELECT min({key}) FROM contact c WHERE c.facets IS NOT NULL AND {key} < $2 AND {key}'
    begins = '>= $1' if beginning else '> $1'  # most have none, and none of these is looked at
    rows = await fetch(  # from one name to the next one through the index, however many contacts have it
        f'SELECT organisation FROM (WITH RECURSIVE known(name) AS ({first_past} {begins} UNION ALL '
        f'SELECT ({first_past} > known.name) FROM known WHERE known.name IS NOT NULL) SELECT '
        f'(SELECT c.organisation FROM contact c WHERE {key} = known.name AND c.facets IS NOT NULL LIMIT 1) '
        f'AS organisation FROM known WHERE known.name IS NOT NULL LIMIT {int(limit)}) AS named',
        beginning,
        f'{beginning}\U0010ffff',
    )
    return [str(row['organisation']) for row in rows]


async def organisations_with(folded: Sequence[str], searched: Sequence[str], limit: int) -> list[str]:
    """Names of organisations that hold each of these words somewhere, each once, in order.

    The words as domain/texts.py folds them and as it searches for them, of three letters at least: the index of words
    has no shorter parts. Where thousands of contacts fit, names may be left out.
    """
    values = Values(1)
    wanted = [word_condition(word, values, 'c.organisation_key') for word in folded]
    wanted += [word_condition(word, values) for word in searched]
    if is_sqlite():
        wanted.append(by_words(searched, values))
    rows = await fetch(
        f'SELECT min(organisation) AS organisation FROM (SELECT c.organisation, c.organisation_key FROM contact c '
        f'WHERE c.facets IS NOT NULL AND {" AND ".join(wanted)} LIMIT {MOST_LOOKED_AT}) AS found '
        f'GROUP BY organisation_key ORDER BY organisation_key LIMIT {int(limit)}',
        *values.listed,
    )
    return [str(row['organisation']) for row in rows]
