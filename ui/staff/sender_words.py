"""SPF, DKIM and DMARC in sentences: what each is for, what is wrong with it, and what to do."""

from domain.portal.sender_records import ENOUGH_KEY_BITS, Checked, Grade, SenderFault
from domain.portal.sender_spf import MOST_LOOKUPS

SPF, DKIM, DMARC = TITLES = ('SPF', 'DKIM', 'DMARC')
MISSING = {
    SPF: 'Nothing says which servers may send your mail. Add this record.',
    DKIM: 'There is no key under this selector. Your mail server or provider shows the whole record; the part after '
    '“p=” is its public key.',
    DMARC: 'Large mailbox providers ask for it. This one changes nothing for a start and has reports sent to you.',
}
RIGHT = {
    SPF: 'Your mail server may send for this domain.',
    DKIM: 'Mailbox providers find the key that your mail is signed with.',
    DMARC: 'Mail that is not yours is turned away.',
}
FAULTS = {
    SenderFault.SEVERAL: 'There are several records, and then none counts. Keep one.',
    SenderFault.MALFORMED: 'It cannot be read as it stands.',
    SenderFault.ANYBODY: 'It lets anybody send in your name. Change its end.',
    SenderFault.OPEN_END: 'It does not say what becomes of mail from elsewhere. Give it an end.',
    SenderFault.AFTER_END: 'What stands after “all” does not count. Move it in front.',
    SenderFault.WORKED_OUT: 'It is worked out for each mail by itself, so nobody can tell beforehand. Send yourself a '
    'test mail, and look for “spf=pass” in its source.',
    SenderFault.NO_SELECTOR: 'Enter the selector below: DNS cannot be asked for it.',
    SenderFault.REVOKED: 'The key was withdrawn: the part after “p=” is empty.',
    SenderFault.NO_KEY: 'What stands after “p=” is no key. Copy the record again, all of it.',
    SenderFault.TESTING: 'It says “t=y”, only testing, and providers may take it for nothing. Take that out.',
    SenderFault.ONLY_WATCHES: 'It only watches. Once the reports show nothing but your own mail, set p=quarantine.',
    SenderFault.NO_ANSWER: 'No name server answered. Try again in a moment.',
}


def in_words(title: str, checked: Checked) -> str:
    """The sentences for one of the three."""
    words = _words(title, checked)
    return f'{words} Now: {" · ".join(checked.found)}' if checked.found else words


def _words(title: str, checked: Checked) -> str:
    fault = checked.fault
    if checked.grade is Grade.MISSING:
        return MISSING[title]
    if fault is None:
        return RIGHT[title]
    if fault is SenderFault.TOO_MANY_LOOKUPS:
        return (
            f'It leads to {checked.about} look-ups, and more than {MOST_LOOKUPS} count as an error. Take out an '
            '“include” that you do not use.'
        )
    if fault is SenderFault.DEAD_END:
        return f'It includes {checked.about}, where there is no such record, and counts as an error for that.'
    if fault is SenderFault.NOT_THIS_SERVER:
        return f'Your mail server {checked.about} is not in it. Change it to this.'
    if fault is SenderFault.SHORT_KEY:
        return f'The key has {checked.about} bits, too few to count. Have one of {ENOUGH_KEY_BITS} made.'
    if fault is SenderFault.WEAK_KEY:
        return f'The key has {checked.about} bits, which still counts. {ENOUGH_KEY_BITS} are usual by now.'
    if fault is SenderFault.MALFORMED and checked.about:
        return f'“{checked.about}” is nothing that SPF knows.'
    return FAULTS[fault]
