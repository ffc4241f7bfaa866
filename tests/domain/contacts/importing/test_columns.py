"""Headers that are known, and how a file is laid out."""

import pytest

from domain.contacts.importing.columns import Columns, Field, Source, recognise, source_of
from domain.contacts.importing.layout import Delimiter, lay_out
from domain.contacts.importing.plan import Wishes
from domain.file_errors import FileFault, ImportFileRefused

GOOGLE = (
    'First Name,Middle Name,Last Name,Phonetic First Name,Phonetic Middle Name,Phonetic Last Name,Name Prefix,'
    'Name Suffix,Nickname,File As,Organization Name,Organization Title,Organization Department,Birthday,Notes,Photo,'
    'Labels,E-mail 1 - Label,E-mail 1 - Value,E-mail 2 - Label,E-mail 2 - Value,Phone 1 - Label,Phone 1 - Value'
)
GOOGLE_BEFORE = (
    'Name,Given Name,Additional Name,Family Name,Yomi Name,Name Prefix,Birthday,Group Membership,E-mail 1 - Type,'
    'E-mail 1 - Value,Organization 1 - Type,Organization 1 - Name'
)
OUTLOOK = (
    'Title,First Name,Middle Name,Last Name,Suffix,Company,Department,Job Title,Business Phone,Account,Categories,'
    'E-mail Address,E-mail Type,E-mail Display Name,E-mail 2 Address,Government ID Number'
)
HUBSPOT = 'Record ID,First Name,Last Name,Email,Phone Number,Contact owner,Last Activity Date,Lead Status,Company name'
XERO = '*ContactName,AccountNumber,EmailAddress,FirstName,LastName,POAttentionTo,POAddressLine1,TaxNumber,Website'
QUICKBOOKS = 'Customer full name,Phone numbers,Email,Company name,Full name,Bill address,Ship address'
QUICKBOOKS_DESKTOP = (
    'Active Status,Customer,Balance,Company,Mr./Ms./...,First Name,Last Name,Main Phone,Main Email,Account No.'
)


def named(header: str) -> tuple[dict[str, str], Source]:
    """What is taken for what, by the headers as the file has them."""
    layout = lay_out(f'{header}\r\n')
    found = {
        part.value: '+'.join(layout.headers[one] for one in where) for part, where in layout.columns.places.items()
    }
    return found, source_of(layout.headers)


@pytest.mark.parametrize(
    ('header', 'source', 'found'),
    [
        (
            'external_id;NAME;Kind; Organisation ;E-Mail;Portal Access;Notes', Source.FOYER,
            {'name': 'NAME', 'email': 'E-Mail', 'kind': 'Kind', 'organisation': 'Organisation',
             'portal_access': 'Portal Access', 'external_id': 'external_id'},
        ),
        (GOOGLE, Source.GOOGLE, {'name': 'First Name+Middle Name+Last Name', 'email': 'E-mail 1 - Value',
                                 'organisation': 'Organization Name'}),
        (GOOGLE_BEFORE, Source.GOOGLE, {'name': 'Name', 'email': 'E-mail 1 - Value',
                                        'organisation': 'Organization 1 - Name'}),
        (OUTLOOK, Source.OUTLOOK, {'name': 'First Name+Middle Name+Last Name', 'email': 'E-mail Address',
                                   'organisation': 'Company'}),
        (HUBSPOT, Source.HUBSPOT, {'name': 'First Name+Last Name', 'email': 'Email', 'organisation': 'Company name',
                                   'external_id': 'Record ID'}),
        (XERO, Source.XERO, {'name': '*ContactName', 'email': 'EmailAddress', 'external_id': 'AccountNumber'}),
        (QUICKBOOKS, Source.QUICKBOOKS, {'name': 'Full name', 'email': 'Email', 'organisation': 'Company name'}),
        (QUICKBOOKS_DESKTOP, Source.QUICKBOOKS, {'name': 'Customer', 'email': 'Main Email', 'organisation': 'Company',
                                                 'external_id': 'Account No.'}),
        ('Ansprechpartner,Telefon', Source.OTHER, {}),
    ],
)  # fmt: skip
def test_headers_that_are_known(header: str, source: Source, found: dict[str, str]) -> None:
    """CONTRACT's in any case and order, and those of other programs' exports."""
    assert named(header) == (found, source)


def test_a_report_of_ours_lends_no_numbers() -> None:
    """The number a contact has here is not what another program calls it."""
    found, _ = named('contact_id,name,kind,organisation,email,login_email,portal_access,status')
    assert found == {one: one for one in ('name', 'kind', 'organisation', 'email', 'portal_access')}


def test_two_columns_of_one_name() -> None:
    """Nobody can tell which is meant, so neither is taken; one that is not used does no harm."""
    columns, doubled = recognise(['Email', 'Name', 'e-mail', 'Phone', 'Phone'])
    assert (dict(columns.places), doubled) == ({Field.NAME: (1,)}, ('Email',))


@pytest.mark.parametrize(
    ('text', 'delimiter', 'headers'),
    [
        ('name,email\n', Delimiter.COMMA, ('name', 'email')),
        ('name;email\na,b;c\n', Delimiter.SEMICOLON, ('name', 'email')),
        ('name\temail\na,b\tc;d\n', Delimiter.TAB, ('name', 'email')),
        ('name\n"a;b"\n', Delimiter.COMMA, ('name',)),
        ('Vorname Nachname;Adresse, Ort;Mail\na;b, c;d\ne;f, g;h\n', Delimiter.SEMICOLON,
         ('Vorname Nachname', 'Adresse, Ort', 'Mail')),
        ('"name, first";"x"\n', Delimiter.SEMICOLON, ('name, first', 'x')),
        ('\n\n name ,email\n', Delimiter.COMMA, ('name', 'email')),
        ('sep=;\r\nname;e,mail\r\n', Delimiter.SEMICOLON, ('name', 'e,mail')),
        ('sep=\t\nname\temail\n', Delimiter.TAB, ('name', 'email')),
    ],
)  # fmt: skip
def test_delimiters(text: str, delimiter: Delimiter, headers: tuple[str, ...]) -> None:
    """Told from the headers first, then from the rows; or said by the line that Excel reads."""
    layout = lay_out(text)
    assert (layout.delimiter, layout.headers) == (delimiter, headers)


def test_a_delimiter_that_staff_chose() -> None:
    """Is taken, whatever looks better."""
    assert lay_out('name;email,x\n', Delimiter.COMMA).headers == ('name;email', 'x')


def test_what_has_no_layout() -> None:
    """Nothing, and what is hardly a list of contacts."""
    for text in ('', '\n\n', ' \n\r'):
        with pytest.raises(ImportFileRefused) as raised:
            lay_out(text)
        assert raised.value.fault is FileFault.EMPTY
    with pytest.raises(ImportFileRefused) as raised:
        lay_out(','.join(f'c{number}' for number in range(2_001)))
    assert raised.value.fault is FileFault.TOO_MANY_COLUMNS
    assert len(lay_out(','.join(['name', *(f'c{number}' for number in range(499))])).headers) == 500


def test_choices_survive_an_address() -> None:
    """R53 and the like: what an address says is taken where it makes sense, and left where it does not."""
    columns = Columns({Field.NAME: (0, 2), Field.EMAIL: (4,)})
    wishes = Wishes.from_text({'encoding': 'windows-1252', 'delimiter': 'tab', 'new_kind': 'organisation',
                               'column_name': '0+2', 'column_email': '4'})  # fmt: skip
    assert wishes.columns == columns
    assert Wishes.from_text(wishes.to_text()) == wishes
    for nonsense in ('x', '-1', '1+', '+', '١', '9' * 99, '1.5', "1'"):
        assert Wishes.from_text({'encoding': nonsense, 'delimiter': nonsense, 'new_kind': nonsense,
                                 'column_name': nonsense}) == Wishes(columns=Columns())  # fmt: skip
    assert dict(Columns.from_text({'email': '1+2'}).places) == {Field.EMAIL: (1,)}
    assert dict(columns.within(3).places) == {Field.NAME: (0, 2)}
