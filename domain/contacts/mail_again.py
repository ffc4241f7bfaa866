"""The mail of a job once more: as it is where its link lives, and written anew where that has ended."""

from domain.actors import Actor
from domain.authorization import Permission, authorise
from domain.dependencies import Dependencies
from domain.jobs.jobs import write_afresh
from domain.mail.job_mail import AT_ONCE, send_job_mail_again
from domain.unit_of_work import deed, unit_of_work


async def send_mail_again(deps: Dependencies, actor: Actor, job_id: int) -> int:
    """Try the mail of the job again that was given up, and have it write login emails anew whose links ended before
    they were sent; how many mails those are.

    Raises NoMailServer while there is none, NotAllowed, SignedOut.
    """
    return await send_job_mail_again(deps, actor, job_id) + await _write_anew(deps, actor, job_id)


@deed
async def _write_anew(deps: Dependencies, actor: Actor, job_id: int) -> int:
    await authorise(deps, actor, Permission.GIVE_ACCESS)
    began, number = deps.clock.now(), 0
    while True:
        async with unit_of_work(deps) as work:
            some = await write_afresh(work, actor, job_id, began, AT_ONCE)
        if not some:
            return number
        number += some
