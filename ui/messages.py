"""Every domain error in a sentence a person understands, with a next step."""

from collections.abc import Callable
from typing import Any

from domain import errors, file_errors, mail_errors, view_errors
from domain.access.security_policy import LEAST_PASSWORD
from domain.errors import AddressFault, DeadLink, DomainError, TextFault
from domain.file_errors import FileFault
from domain.health import DATABASE_ERRORS
from domain.language import gettext as _
from domain.language import ngettext
from domain.mail_errors import MailServerFault, MergeFault
from ui import brand_messages, domain_messages, home_messages


def say(error: DomainError) -> str:
    """The sentence for this error."""
    return _SENTENCES[type(error)](error)


def say_any(error: Exception) -> str:
    """The sentence for whatever went wrong while a page did something; nothing about the inside (R60)."""
    if isinstance(error, DomainError):
        return say(error)
    if isinstance(error, (*DATABASE_ERRORS, ConnectionError)):
        return say(errors.Busy())
    return _('Something went wrong, nothing was lost. Please try again.')


def known_errors() -> set[type[DomainError]]:
    """The errors that have a sentence."""
    return set(_SENTENCES)


def duration(seconds: int) -> str:
    """A waiting time in words."""
    if seconds < 90:
        return ngettext('%d second', '%d seconds', seconds) % seconds
    minutes = -(-seconds // 60)
    if minutes < 90:
        return ngettext('%d minute', '%d minutes', minutes) % minutes
    hours = -(-minutes // 60)
    if hours < 36:
        return ngettext('%d hour', '%d hours', hours) % hours
    days = -(-hours // 24)
    return ngettext('%d day', '%d days', days) % days


def why_dead(reason: DeadLink, firm_name: str) -> tuple[str, str]:
    """What happened to a link, for somebody who holds it: a heading, and what to make of it."""
    firm = firm_name or _('the firm')
    return {
        DeadLink.UNKNOWN: (
            _('This link has expired or already been used'),
            _('If you copied it, a part may be missing. Please use the button in the mail itself.'),
        ),
        DeadLink.USED: (  # by a sign-in with this link, or with another one of the same login
            _('This link has already been used'),
            _('A link works once, and somebody has signed in with this one or a newer one.')
            + ' '
            + _('Was it not you? Please tell %s.') % firm,
        ),
        DeadLink.EXPIRED: (_('This link has expired'), _('Its time ran out before it was used.')),
        DeadLink.REPLACED: (_('A newer mail was sent to you'), _('Please use the button in the newest one.')),
        DeadLink.CANCELLED: (
            _('This link no longer works'),
            _('If you think this is a mistake, please ask %s.') % firm,
        ),
    }[reason]


def _address(error: errors.AddressInvalid) -> str:
    return {
        AddressFault.EMPTY: _('Please enter an email address.'),
        AddressFault.TOO_LONG: _('This address is longer than an email address can be (254 characters).'),
        AddressFault.SEVERAL: _('Please enter one address only.'),
        AddressFault.SEVERAL_AT: _('An email address has only one @ in it, like name@example.com.'),
        AddressFault.DISPLAY_NAME: _('Please enter the address alone, without a name around it.'),
        AddressFault.CONTROL_CHARACTER: _('This address contains an invisible character. Please type it anew.'),
        AddressFault.NO_AT: _('An email address has an @ in it, like name@example.com.'),
        AddressFault.LOCAL_PART: _('The part before the @ cannot be like this. Please check for accents and spaces.'),
        AddressFault.LOCAL_PART_TOO_LONG: _('The part before the @ is longer than it can be (64 characters).'),
        AddressFault.DOMAIN: _('The part after the @ is not a complete domain, like example.com.'),
        AddressFault.MIXED_ALPHABETS: _(
            'This domain mixes letters of different alphabets, as forged addresses do. Please type it anew.'
        ),
    }[error.fault]


def _text(error: errors.TextInvalid) -> str:
    return {
        TextFault.EMPTY: _('Please fill this in.'),
        TextFault.TOO_LONG: ngettext(
            'This is too long: at most %d character fits.', 'This is too long: at most %d characters fit.', error.limit
        )
        % error.limit,
        TextFault.TOO_SHORT: ngettext(
            'This is too short: at least %d character is needed.',
            'This is too short: at least %d characters are needed.',
            error.limit,
        )
        % error.limit,
        TextFault.CONTROL_CHARACTER: _('This contains an invisible character. Please type it anew.'),
    }[error.fault]


def _too_many(seconds: int) -> str:
    return _('Too many tries. Please wait %s and try again.') % duration(seconds)


def _refused(error: errors.SignInRefused) -> str:
    if error.wait:
        return _too_many(error.wait)
    return _('Email and password do not fit together. Please try again.')


def _password(error: errors.PasswordWrong) -> str:
    if error.wait:
        return _too_many(error.wait)
    return _('The current password does not fit. Please try again.')


def _second_factor(error: errors.SecondFactorWrong) -> str:
    if error.wait:
        return _too_many(error.wait)
    if error.minutes_off:
        return (
            ngettext(
                'This code belongs to another time: the clock of your phone is off by about %d minute.',
                'This code belongs to another time: the clock of your phone is off by about %d minutes.',
                abs(error.minutes_off),
            )
            % abs(error.minutes_off)
            + ' '
            + _('Set the time of your phone to automatic and try again.')
        )
    return _(
        'This code does not fit. Use the newest code of your app; each works once. '
        'If it keeps being refused, set the time of your phone to automatic.'
    )


def least_password(least: int) -> str:
    """How long a new password has to be, in characters, and why where that is less than elsewhere (R14)."""
    if least < LEAST_PASSWORD:
        return (
            _('At least %d characters, because a code from your phone is asked for too. A short sentence works well.')
            % least
        )
    return _('At least %d characters. A short sentence works well.') % least


def recovery_code_wrong() -> str:
    """What is said where a recovery code was asked for and did not fit."""
    return _('This recovery code does not fit, or has been used. Each works once.')


def _file(error: file_errors.ImportFileRefused) -> str:
    return {
        FileFault.EMPTY: _('This file is empty. Please check which one you chose.'),
        FileFault.NO_ROWS: _(
            'This file has names of columns, and no rows beneath them. Please check which one you chose.'
        ),
        FileFault.TOO_BIG: _('This file is larger than 50 MB. Please split it, and import one part after the other.'),
        FileFault.TOO_MANY_ROWS: _('This file has more than %s rows. Please split it.') % error.about,
        FileFault.TOO_MANY_COLUMNS: _(
            'This file has more than %s columns. Please check whether it is a list of contacts.'
        )
        % error.about,
        FileFault.SPREADSHEET: _(
            'This is a workbook or a zip archive, whatever its name says. In Excel or Numbers, please save the sheet '
            'as CSV, and import that.'
        ),
        FileFault.VCARD: _('This is a vCard file. Please export your contacts as CSV, and import that.'),
        FileFault.NOT_TEXT: _('This is no text, so it is no CSV file. Please export your contacts as CSV.'),
        FileFault.QUOTES: _('The quotation marks of this file do not match up anywhere. Please export it once more.'),
        FileFault.NO_NAME: _(
            'This file has no column that is called name. Please say which one holds the names, or rename it. '
            'There are: %s.'
        )
        % error.about,
        FileFault.SAME_HEADER: _('Two columns of this file are called %s. Please rename or remove one of them.')
        % error.about,
    }[error.fault]


def _merge_field(error: mail_errors.MergeFieldWrong) -> str:
    what = {
        MergeFault.UNKNOWN: _('%(name)s in line %(line)d is not a merge field. Please pick one of the list.'),
        MergeFault.NOT_HERE: _('%(name)s in line %(line)d cannot stand here. Please pick another merge field.'),
        MergeFault.NOT_KNOWN: _(
            '%(name)s in line %(line)d is more than this language knows. Please use merge fields and conditions on '
            'one of them, and nothing else.'
        ),
        MergeFault.BROKEN: _('%(name)s in line %(line)d is not complete. Please check how it begins and ends.'),
        MergeFault.ENDLESS: _(
            '%(name)s in line %(line)d has no %(end)s behind it. Please add one where the condition ends.'
        ),
        MergeFault.GLUED: _(
            '%(name)s in line %(line)d is part of something else there. Please leave blanks around it, so that the '
            'link leads to your portal and nowhere else.'
        ),
    }[error.fault]
    return what % {'name': error.name, 'line': error.line, 'end': '{% endif %}'}


def _mail_server(error: mail_errors.MailServerInvalid) -> str:
    return {
        MailServerFault.HOST: _('Please enter the name of the mail server alone, like mail.example.com.'),
        MailServerFault.PLAIN_TEXT: _('Mail is sent without encryption on this machine alone. Please choose TLS.'),
        MailServerFault.PASSWORD_AGAIN: _(
            'The password that is kept belongs to another server or user. Please type it again.'
        ),
        MailServerFault.PASSWORD_ALONE: _('A password needs a user. Please enter both, or neither.'),
    }[error.fault]


def _stopped(error: file_errors.ImportStopped) -> str:
    if error.is_cancelled:
        words = _('The import was cancelled, and what went in before stays. Please look at what it came to: %s.')
    else:
        words = _('The import has stopped before its end. Please look at it, and go on with it: %s.')
    return words % f'/staff/jobs/{error.job_id}'


def _backup(error: file_errors.BackupRefused) -> str:
    return {
        file_errors.BackupFault.NOT_SQLITE: _(
            'Foyer keeps its data on PostgreSQL, which has its own tool. Please use pg_dump --format=custom --file=%s.'
        ),
        file_errors.BackupFault.NOTHING_THERE: _('There is nothing to back up at %s. Please check FOYER_DATA_DIR.'),
        file_errors.BackupFault.EXISTS: _('%s exists already, so nothing was written. Please choose another name.'),
    }[error.why] % error.path


def _shared(error: errors.AddressShared) -> str:
    return _('Several contacts have this address: %s. Please pick the one you mean.') % ', '.join(error.names)


_SENTENCES: dict[type[DomainError], Callable[[Any], str]] = {
    errors.LinkExpired: lambda error: _('This link has expired or already been used. We can email you a new one.'),
    errors.CodeWrong: lambda error: _(
        'This code does not fit. It works for 10 minutes, in the browser that asked for it. '
        'Check the newest mail, or ask for a new one.'
    ),
    errors.SignInRefused: _refused,
    errors.SignedOut: lambda error: _('You have been signed out. Please sign in again.'),
    errors.SecondFactorNeeded: lambda error: _('Please set up two-factor authentication first. The firm asks for it.'),
    errors.SignInNotFresh: lambda error: _('Please confirm that it is you, then try again.'),
    errors.PendingOver: lambda error: _('That took too long. Please sign in again.'),
    errors.SecondFactorWrong: _second_factor,
    errors.SecondFactorUnreadable: lambda error: _(
        'This second factor can no longer be read. Please ask the firm to reset it.'
    ),
    errors.TwoFactorIsOn: lambda error: _('Two-factor authentication is on already.'),
    errors.TwoFactorIsOff: lambda error: _('Two-factor authentication is off already.'),
    errors.TwoFactorRequired: lambda error: _('The firm requires two-factor authentication, so it stays on.'),
    errors.PasswordsOff: lambda error: _('This portal works without passwords. Please sign in with a link.'),
    errors.PasswordTooWeak: lambda error: _(
        'This password is easy to guess. Please try three or four words that do not belong together.'
    ),
    errors.PasswordWrong: _password,
    errors.LoginTaken: lambda error: (
        _(
            '%(address)s is the login of %(names)s already. Please change that one first, or edit the contact and give '
            'it that address: it will share the login.'
        )
        % {'address': error.email, 'names': ', '.join(error.names) or _('somebody else')}
    ),
    errors.NoAddressChange: lambda error: _('No change of this address waits any more. Please ask for it again.'),
    errors.SameAddress: lambda error: _('This is the address already.'),
    errors.ReasonNeeded: lambda error: _('Please say why in a few words.'),
    errors.NoLogin: lambda error: _('%s has no login yet. Please invite the contact first.') % error.name,
    errors.StaffNotFound: lambda error: _('This staff member no longer exists.'),
    errors.StaffActive: lambda error: _('%s can still sign in. Please disable that login first.') % error.name,
    errors.LastOwner: lambda error: _('The firm needs an owner. Please make somebody else an owner first.'),
    errors.NotYourself: lambda error: _('You cannot do this to yourself. Please ask another owner or admin.'),
    errors.DateInPast: lambda error: _('This moment has passed already. Please choose a later one.'),
    errors.DateTooFar: lambda error: _('Please choose a moment within the next %d days.') % error.days,
    view_errors.FilterInvalid: lambda error: (
        _('These filters are not understood: %s. Nothing was exported. Please set them on the page anew.')
        % ', '.join(error.names)
    ),
    view_errors.NoRoom: lambda error: _(
        'There is no room on this machine to put the file together. Please ask whoever runs it, or export CSV.'
    ),
    view_errors.ScheduleNotFound: lambda error: _(
        'This schedule no longer exists. Please make it anew if you still want it.'
    ),
    view_errors.TooManySchedules: lambda error: (
        _('There are %d schedules already. Please delete one first.') % error.most
    ),
    view_errors.NobodyToTell: lambda error: _('Please choose who is to be told.'),
    view_errors.MayNotExport: lambda error: (
        _('%s may not export the report, or cannot sign in. Please choose others.') % error.name
        if error.name
        else _('Somebody you chose is no longer in the team. Please choose others.')
    ),
    view_errors.ZoneUnknown: lambda error: _(
        'The time zone of this browser is not known here. Please try another browser.'
    ),
    errors.NotAllowed: lambda error: _('Your role does not permit this. Please ask an owner of the firm.'),
    errors.RateLimited: lambda error: _too_many(error.retry_after),
    errors.Busy: lambda error: _('There is a lot going on right now. Please try again in a moment.'),
    view_errors.ViewNotFound: lambda error: _('This view no longer exists. Please pick another one.'),
    view_errors.ViewNameTaken: lambda error: (
        _('There is a view “%s” already. Please choose another name.') % error.name
    ),
    view_errors.TooManyViews: lambda error: _('There are %d views already. Please delete one first.') % error.most,
    errors.ContactNotFound: lambda error: _('This contact no longer exists. Somebody may have deleted it.'),
    errors.NobodyChosen: lambda error: _('There is nobody here that this could be done to. Please choose others.'),
    errors.NumberDiffers: lambda error: (
        ngettext(
            'It is %s contact. Please type this number.', 'They are %s contacts. Please type this number.', error.number
        )
        % f'{error.number:,}'
    ),
    errors.JobNotFound: lambda error: _('This job no longer exists. Please go back to the list of jobs.'),
    errors.JobIsOver: lambda error: _('This job has gone on meanwhile. Please look at it again.'),
    file_errors.ImportFileRefused: _file,
    file_errors.ImportFileNotFound: lambda error: _('This file is no longer here. Please upload it again.'),
    file_errors.ImportBegun: lambda error: _('This file is being imported already. Please look at the list of jobs.'),
    errors.MailNotFound: lambda error: _('This mail no longer exists.'),
    errors.AddressInvalid: _address,
    errors.TextInvalid: _text,
    errors.NumberOutOfRange: lambda error: (
        _('Please choose a number from %(least)d to %(most)d.') % {'least': error.least, 'most': error.most}
    ),
    errors.NoAddress: lambda error: _('%s has no email address. Add one on the contact page first.') % error.name,
    errors.NoAccess: lambda error: _('Portal access of %s is off. Switch it on, or send an invitation.') % error.name,
    errors.AlreadyJoined: lambda error: _('%s has joined already. A login email is all that is needed.') % error.name,
    errors.NothingToCancel: lambda error: _('There is no open invitation to cancel.'),
    errors.MailIsOver: lambda error: _('This mail has been dealt with already.'),
    errors.NoMailServer: lambda error: _(
        'No mail server is set up, so this mail cannot go out. Please ask whoever runs Foyer to set one up.'
    ),
    errors.PasswordTooShort: lambda error: (
        _('Please use at least %d characters. A short sentence works well.') % error.least
    ),
    errors.PasswordTooLong: lambda error: _('Please use at most %d characters.') % error.most,
    errors.StaffAddressTaken: lambda error: _('A staff member with this address exists already.'),
    errors.SetupClosed: lambda error: _(
        'This set-up link no longer works. Start Foyer again to get a new one, or sign in if the firm has an owner.'
    ),
    errors.AddressShared: _shared,
    **domain_messages.SENTENCES,
    **brand_messages.SENTENCES,
    **home_messages.SENTENCES,
    mail_errors.MergeFieldWrong: _merge_field,
    mail_errors.MailServerInvalid: _mail_server,
    mail_errors.SetByEnvironment: lambda error: (
        _('%s sets this in the environment, which wins. Please ask whoever runs Foyer to change it there.')
        % error.variable
    ),
    mail_errors.VersionNotFound: lambda error: _('This version is no longer there. Please load the page again.'),
    file_errors.BackupRefused: _backup,
    file_errors.ImportStopped: _stopped,
}
