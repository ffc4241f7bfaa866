"""The pages of jobs: what they say, and what becomes of a job that another process began."""

import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from domain.contacts.bulk import BulkKind, DryRun, Group, start_bulk
from domain.contacts.selection import Selection
from domain.dependencies import Dependencies
from domain.jobs.jobs import JobView, read_job
from domain.jobs.kinds import STUMBLED, ItemState, JobFault, JobState
from domain.jobs.members import RESTS
from domain.mail.job_mail import JobMail
from tests.ui.portal import Portal
from ui.staff.bulk_dialog import _number, act_words
from ui.staff.bulk_groups import gain_words, group_words
from ui.staff.job_mail import FATES
from ui.staff.job_words import (
    came_words,
    cancel_words,
    come_words,
    fault_words,
    job_title,
    kept_words,
    left_words,
    mail_words,
    not_reached_words,
    pace_words,
    result_words,
    stop_words,
)

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
JOB = JobView(
    id=1, kind='invite', state=JobState.RUNNING, facts={}, gathered=True, total=2_000, done=600, skipped=400, failed=0,
    results=(), counts={}, rate=250.0, seconds_left=4, made_by_id=1, made_by_name='Olga', created_at=NOON,
    started_at=NOON, finished_at=None, kept_until=None, fault=None, can_pause=True, can_resume=False, can_cancel=True,
    can_retry=False,
)  # fmt: skip
NEW = {'state': JobState.WAITING, 'done': 0, 'skipped': 0}


def test_a_job_of_another_process_is_done_here_and_its_page_says_so(portal: Portal) -> None:
    """The terminal and a second instance begin jobs too; the runner looks for them."""
    ids = tuple(portal.contact(f'Client {one}', email=f'job{one}@x.example', access=False) for one in range(3))

    async def begin(deps: Dependencies) -> int:
        return await start_bulk(deps, await portal.owner(deps), BulkKind.GIVE_ACCESS, Selection(ids=ids))

    job_id = portal.inside(begin)
    until = time.monotonic() + 20
    while portal.rows('SELECT state FROM job WHERE id = ?', job_id) != [('done',)]:
        assert time.monotonic() < until, portal.rows('SELECT * FROM job WHERE id = ?', job_id)
        time.sleep(0.1)
    browser = portal.staff()
    page = browser.get(f'/staff/jobs/{job_id}').text
    for words in ('Give access', '3 of 3', 'Access given', 'Client 0'):
        assert words in page
    assert f'/staff/jobs/{job_id}' in browser.get('/staff/jobs').text

    async def look(deps: Dependencies) -> JobView:
        return await read_job(deps, await portal.owner(deps), job_id)

    assert portal.inside(look).done == 3


def test_a_job_that_does_not_exist(portal: Portal) -> None:
    browser = portal.staff()
    assert 'This job does not exist' in browser.get('/staff/jobs/999999').text
    assert browser.get('/staff/jobs/none').status_code == 404


@pytest.mark.parametrize(
    ('changes', 'come', 'pace'),
    [
        ({}, '1,000 of 2,000', '250 a second · about 4 seconds left'),
        ({'rate': 0.5, 'seconds_left': 2_000}, '1,000 of 2,000', '30 a minute · about 33 minutes left'),
        ({'seconds_left': 1}, '1,000 of 2,000', '250 a second · almost done'),
        ({'seconds_left': 7_300}, '1,000 of 2,000', '250 a second · about 2 hours left'),
        ({'state': JobState.PAUSED}, '1,000 of 2,000', ''),
        (NEW | {'gathered': False, 'total': 0}, 'Just beginning', 'Finding'),
        (NEW | {'state': JobState.RUNNING, 'gathered': False, 'total': 90, 'rate': 0}, '90 found', ''),
        (NEW, '0 of 2,000', 'Waiting for its turn'),
        ({'counts': {RESTS: 1}}, '1,000 of 2,000', 'Waits for mail that is queued already'),
        (NEW | {'counts': {RESTS: 1}, 'rate': 0}, '0 of 2,000', 'Waits for mail that is queued already'),
        ({'counts': {RESTS: 1}, 'state': JobState.PAUSED}, '1,000 of 2,000', ''),
        ({'state': JobState.DONE, 'finished_at': NOON + timedelta(seconds=7)}, '1,000 of 2,000', 'took 7 seconds'),
    ],
)  # fmt: skip
def test_how_far_and_how_quick(changes: dict[str, object], come: str, pace: str) -> None:
    job = replace(JOB, **changes)  # type: ignore[arg-type]
    assert come_words(job).startswith(come)
    assert pace_words(job).startswith(pace)
    assert bool(pace_words(job)) == bool(pace)


def test_what_a_job_came_to() -> None:
    assert came_words(replace(JOB, failed=3)) == '1,003 of 2,000 · 3 failed'
    assert came_words(replace(JOB, state=JobState.DONE, failed=3)) == '600 done · 400 left alone · 3 failed'
    assert left_words(1) == 'almost done'


def test_every_group_result_and_fault_has_words() -> None:
    """STYLE: plain words, no codes."""
    for kind in BulkKind:
        for group in Group:
            if group is not Group.SHARE_ADDRESS or kind in (BulkKind.INVITE, BulkKind.LOGIN_EMAIL):
                for number in (1, 2):
                    assert '_' not in group_words(kind, group, number)
        assert job_title(kind.value, {})[:1].isupper()
    for reason in (STUMBLED, 'gone', 'invited', *Group):
        assert '_' not in result_words(ItemState.DONE, reason)
    assert result_words(ItemState.WAITING, '') == 'Waiting'
    for fault in JobFault:
        assert fault_words(fault).endswith('.')
    assert job_title('import', {'name': 'clients.csv'}) == 'Import contacts · clients.csv'


@pytest.mark.parametrize(
    ('typed', 'number'),
    [('1842', 1842), ('1,842', 1842), (' 1 842 ', 1842), ('1.842', 1842), ('1’842', 1842), ('', None), (None, None),
     ('all', None), ('-5', None), ('²', None), ('9' * 40, None)],
)  # fmt: skip
def test_the_number_that_is_typed(typed: str | None, number: int | None) -> None:
    """However thousands are parted where somebody comes from."""
    assert _number(typed) == number


@pytest.mark.parametrize(
    ('groups', 'words'),
    [
        ({Group.TO_REMIND: 2, Group.NO_ACCESS: 1}, 'Remind'),
        ({Group.TO_REMIND: 2, Group.NOT_INVITED: 1}, 'Remind or invite'),
        ({Group.TO_REMIND: 2, Group.INVITE_EXPIRED: 1}, 'Remind or invite'),
        ({Group.NOT_INVITED: 426}, 'Invite'),
        ({}, 'Remind'),
    ],
)
def test_what_a_reminder_does_is_what_its_button_says(groups: dict[Group, int], words: str) -> None:
    """Those who were never invited are invited."""
    assert act_words(DryRun(BulkKind.REMINDER, groups, {})) == words


@pytest.mark.parametrize(
    ('number', 'gains', 'words'),
    [
        (5, 0, ''),
        (1, 1, 'Has no access yet: is given it'),
        (5, 5, 'All of these have no access yet: they are given it'),
        (5_891, 1, 'Of these, 1 has no access yet: is given it'),
        (5_891, 3_700, 'Of these, 3,700 have no access yet: they are given it'),
    ],
)
def test_who_gets_access_by_being_invited_is_said(number: int, gains: int, words: str) -> None:
    assert gain_words(number, gains) == words


def test_what_is_said_of_the_mail_of_a_job() -> None:
    """What got to nobody, and why; what becomes of what waits when the job is cancelled, or the mail is stopped."""
    for fate in FATES:
        assert mail_words(fate, 1_842).startswith('1,842 ') and '_' not in mail_words(fate, 1_842)
    assert not_reached_words(JobMail(refused=1)) == (
        '1 mail got to nobody: refused for good by the mail server. '
        "Correct the address on the contact's page, then send again."
    )
    assert not_reached_words(JobMail(sent=7, failed=2, cancelled=1_200)) == (
        '1,202 mails got to nobody: 2 given up and 1,200 cancelled, or with a link that had ended.'
    )
    for kind in (BulkKind.INVITE, BulkKind.LOGIN_EMAIL, BulkKind.REMINDER):
        assert 'is sent all the same' in cancel_words(kind.value)
    assert 'Mail' not in cancel_words(BulkKind.DELETE.value)
    assert 'stays invited' in stop_words(JOB) and 'The job goes on' in stop_words(JOB)
    assert kept_words(is_kept=True) != kept_words(is_kept=False)
    login = replace(JOB, kind=BulkKind.LOGIN_EMAIL.value, state=JobState.DONE)
    assert stop_words(login) == 'The mail of this job that waits is not sent, now or later. It cannot be brought back.'
