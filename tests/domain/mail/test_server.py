"""What an instance knows of the mail server, and how its worker follows."""

from collections.abc import Callable

from domain.dependencies import Dependencies
from domain.events import MailServerSaved, MissedSome
from domain.mail.server import keep_learning
from domain.mail.worker import MailWorker, Pace
from domain.portal.mail_server import MailSettings, Tls, change_mail_settings
from storage.models import MailServerChoice, OutboxMail
from tests.domain.mail.given import a_mail, queued, until, until_state
from tests.factories import given_owner
from tests.support.smtp_sink import SmtpSink


def here(sink: SmtpSink) -> MailSettings:
    """In plain text, which is for this machine alone."""
    return MailSettings('127.0.0.1', sink.port, Tls.NONE)


async def test_the_worker_follows(
    deps: Dependencies, smtp_sink: SmtpSink, start_worker: Callable[..., MailWorker]
) -> None:
    """Begun without a server; with one, mail goes out; with another, through that; without, it waits."""
    owner = await given_owner(deps)
    start_worker(deps, Pace(longest_nap=60, first_pause=0.05, lanes=2))
    stop = keep_learning(deps)
    await change_mail_settings(deps, owner, here(smtp_sink))
    (first,) = await queued(deps, a_mail(deps))
    await until_state(first, 'sent')
    with SmtpSink() as other:
        await change_mail_settings(deps, owner, here(other))
        (second,) = await queued(deps, a_mail(deps))
        await until_state(second, 'sent')
        assert len(other.messages) == len(smtp_sink.messages) == 1
        await change_mail_settings(deps, owner, MailSettings())
        (third,) = await queued(deps, a_mail(deps))
        assert (await OutboxMail.get(id=third)).state == 'captured'
    stop()


async def test_what_waits_is_tried_at_once(
    deps: Dependencies, smtp_sink: SmtpSink, start_worker: Callable[..., MailWorker]
) -> None:
    """A server that could not be reached is mended on the page: nothing waits for its next try."""
    owner = await given_owner(deps)
    start_worker(deps, Pace(longest_nap=60, first_pause=300, longest_pause=300, lanes=1))
    await change_mail_settings(deps, owner, MailSettings('127.0.0.1', 1, Tls.NONE))
    (mail_id,) = await queued(deps, a_mail(deps))

    async def was_tried() -> bool:
        return await OutboxMail.filter(id=mail_id, state='queued').exclude(last_answer='').exists()

    await until(was_tried)
    await change_mail_settings(deps, owner, here(smtp_sink))
    await until_state(mail_id, 'sent')


async def test_other_instances_follow(deps: Dependencies) -> None:
    """By what they hear, and after they were cut off."""
    stop = keep_learning(deps)
    for event in (MailServerSaved(), MissedSome()):
        await MailServerChoice.filter(id=1).update(host='mail.holm.example')
        deps.events.publish_here(event)
        await until(lambda: not deps.captures_mail)
        vars(deps.handover).update(server=None)
    stop()
