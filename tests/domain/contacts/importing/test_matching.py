"""Whom rows are about where neither an external id nor an address tells, against small firms of namesakes."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.contacts.importing.matching import Directory, Fate, ForNew, Known
from domain.contacts.importing.rows import Row
from domain.contacts.new_contact import Kind

KINDS = st.sampled_from(['person', 'organisation'])
ORGANISATIONS = st.sampled_from(['', 'Acme', 'ACME', 'Zenith'])
CONTACTS = st.lists(st.tuples(KINDS, ORGANISATIONS, st.booleans(), st.sampled_from(['', 'X-1'])), max_size=4)
ROWS = st.lists(
    st.tuples(st.sampled_from([None, *Kind]), ORGANISATIONS, st.sampled_from([None, True, False])), max_size=6
)


def known(number: int, kind: str, organisation: str, access: bool, external_id: str) -> Known:
    return Known(number, 'John Smith', 'john smith', '', kind, organisation, access, external_id)


def row(number: int, kind: Kind | None, organisation: str, access: bool | None) -> Row:
    return Row(number, number + 2, 'John Smith', 'john smith', '', kind, organisation, access, '')


def run(there: list[Known], rows: list[Row]) -> tuple[list[Fate], list[Known]]:
    """What becomes of the rows, and who is there afterwards."""
    firm = {one.id: one for one in there}
    fates = []
    for decision in Directory(there).decide(rows, ForNew()):
        fates.append(decision.fate)
        if decision.after is not None:
            firm[decision.after.id] = decision.after
    return fates, [
        replace(one, id=number, is_dealt_with=False, is_made=False) for number, one in enumerate(firm.values(), 1)
    ]


@settings(max_examples=500, deadline=None)
@given(contacts=CONTACTS, said=ROWS)
def test_the_same_rows_twice(
    contacts: list[tuple[str, str, bool, str]], said: list[tuple[Kind | None, str, bool | None]]
) -> None:
    """Whoever is there: of rows that all went in, none changes anything the second time. And nobody moves to another
    organisation or kind."""
    there = [known(number, *one) for number, one in enumerate(contacts, 1)]
    rows = [row(number, *one) for number, one in enumerate(said)]
    rows = [one for one, fate in zip(rows, run(there, rows)[0], strict=True) if fate is not Fate.REFUSED]
    _, after = run(there, rows)
    fates, again = run(after, rows)
    assert again == after
    assert set(fates) <= {Fate.UNCHANGED}
    for before, now in zip(there, after, strict=False):
        assert (before.kind, before.organisation.lower()) == (now.kind, now.organisation.lower())
