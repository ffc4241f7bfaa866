"""A thousand mails: how fast they are queued, and sent beside a bare aiosmtplib loop to the same server."""

import asyncio
import tempfile
import time
from datetime import timedelta
from pathlib import Path

from aiosmtpd.smtp import SMTP as Server
from aiosmtplib import SMTP

from bench import rows
from bench.away import away, serving
from bench.figures import Figure, Sizes, times
from domain.actors import Role, StaffActor
from domain.contacts.invitations import invite_contact
from domain.dependencies import Dependencies, build_dependencies
from domain.house import House
from domain.mail import messages, outbox
from domain.mail.envelope import build
from domain.mail.letterhead import Letterhead
from domain.mail.worker import MailWorker
from domain.settings import Settings
from domain.unit_of_work import deed, unit_of_work
from storage import mail_claims
from tests.support.processes import free_port
from ui.logs import set_up_logs

PART = 'mail'
LONGEST = 5.0  # seconds, for a thousand
LEAST_SHARE = 0.6
OLGA = StaffActor(1, 1, 'Olga Owner', rows.OWNER, Role.OWNER)


def measure(sizes: Sizes) -> list[Figure]:
    """Everything in one process beside the sink's, as it is served."""
    with tempfile.TemporaryDirectory(prefix='foyer-bench-') as folder:
        filled = rows.make(Path(folder) / 'mail')
        rows.add_contacts(filled, sizes.mails * 2, joined_share=0)
        floor = away('bench.mail:insert', folder=str(Path(folder) / 'floor'), number=sizes.mails)
        port = free_port()
        with serving('bench.mail:sink', port):
            said = away('bench.mail:queue_and_send', folder=str(filled.folder), port=port, number=sizes.mails)
    longest = LONGEST * sizes.mails / 1_000
    made = [
        Figure(
            PART, f'{sizes.mails:,} {what}', f'a bare transaction each {floor:.2f} s', f'{said[name]:.2f} s',
            times(said[name] / floor), f'at most {longest:g} s', said[name] <= longest,
        )
        for name, what in (('invite', 'invitations, one deed each'), ('enqueue', 'mails queued in one deed'))
    ]  # fmt: skip
    share = said['worker'] / said['bare']
    sent = Figure(
        PART, f'The worker sends {said["sent"]:,} mails', f'bare aiosmtplib loop {said["bare"]:,.0f}/s',
        f'{said["worker"]:,.0f}/s', times(share), f'at least {times(LEAST_SHARE)}', share >= LEAST_SHARE,
    )  # fmt: skip
    return [*made, sent]


# ── In processes of their own ────────────────────────────────────────────────


def insert(folder: str, number: int) -> float:
    """Seconds for one mail a transaction, each on disk before the next."""
    filled = rows.make(Path(folder))
    connection = filled.connect()
    body = 'x' * 9_000
    began = time.perf_counter()
    for one in range(number):
        connection.execute('BEGIN IMMEDIATE')
        rows.insert(
            connection,
            'outbox_mail',
            [{'kind': 'invitation', 'state': 'queued', 'to_address': 'a@example.org', 'to_name': '', 'subject': '',
              'body': body, 'message_id': f'<{one}@example.org>', 'contact_name': '', 'made_by_name': '',
              'created_at': '', 'next_try_at': '', 'tries': 0, 'lease': '', 'last_answer': ''}],
        )  # fmt: skip
        connection.execute('COMMIT')
    return time.perf_counter() - began


class Taker:
    """Takes every mail and keeps none."""

    async def handle_DATA(self, *_: object) -> str:
        return '250 2.0.0 Taken'


async def sink(port: int) -> None:
    """A mail server that takes everything, until it is ended."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Server(Taker(), hostname='sink.test', loop=loop), '127.0.0.1', port)
    await server.serve_forever()


async def queue_and_send(folder: str, port: int, number: int) -> dict[str, float]:
    """Queue invitations and mails, then let the worker send them, with the bare loop before and after."""
    settings = Settings(
        _env_file=None,
        data_dir=Path(folder),
        smtp_url=f'smtp://127.0.0.1:{port}',
        mail_per_minute=100_000,
        rate_limits='off',
    )
    set_up_logs(settings.log_format)
    deps = build_dependencies(settings)
    async with House(deps, mail=False):
        began = time.perf_counter()
        for contact_id in range(1, number + 1):
            if contact_id % 10 < 9:  # the others have no access yet, and get it
                await invite_contact(deps, OLGA, contact_id, 'Welcome!')
            else:
                await invite_contact(deps, OLGA, contact_id)
        invite = time.perf_counter() - began
        began = time.perf_counter()
        await _enqueue(deps, number)
        enqueue = time.perf_counter() - began
        bare = [await _bare(deps, port, number)]
        sent, seconds = await _send(deps)
        bare.append(await _bare(deps, port, number))
    return {'invite': invite, 'enqueue': enqueue, 'bare': sum(bare) / len(bare), 'worker': sent / seconds, 'sent': sent}


@deed
async def _enqueue(deps: Dependencies, number: int) -> None:
    """What sending a login email to a thousand contacts queues, tokens aside."""
    async with unit_of_work(deps) as work:
        await outbox.enqueue_many(work, [_mail(deps, one) for one in range(number)])


def _mail(deps: Dependencies, one: int) -> outbox.NewMail:
    link = f'{deps.settings.public_url}/sign-in/link/{deps.randomness.token()}'
    message = messages.login_email(
        letterhead=Letterhead('The bench'),
        first_name=f'Ann{one}',
        staff_name='Olga',
        link=link,
        link_lifetime=timedelta(hours=1),
    )
    return outbox.NewMail(kind='login_email', to_address=f'client{one + 1}@example.org', message=message, to_name='Ann')


async def _send(deps: Dependencies) -> tuple[int, float]:
    """How many mails, and the seconds from the worker's start until the last is written down as sent."""
    waiting = (await mail_claims.count_by_state())['queued']
    worker = MailWorker(deps)
    began = time.perf_counter()
    worker.start()
    while (await mail_claims.count_by_state()).get('sent', 0) < waiting:
        if time.perf_counter() - began > 300:
            raise RuntimeError('the worker did not send everything')
        await asyncio.sleep(0.05)
    seconds = time.perf_counter() - began
    await worker.stop()
    return waiting, seconds


async def _bare(deps: Dependencies, port: int, number: int) -> float:
    """Mails a second of a loop that does nothing but send: the same bytes, one connection, nothing written down."""
    mail = _mail(deps, 0)
    content = build(
        deps.sender, from_name='The bench', to_address=mail.to_address, to_name='Ann', subject=mail.message.subject,
        text=mail.message.text, html=mail.message.html, message_id='<1@example.org>', date=deps.clock.now(),
    )  # fmt: skip
    began = time.perf_counter()
    async with SMTP(hostname='127.0.0.1', port=port, start_tls=False) as smtp:
        for _ in range(number):
            await smtp.sendmail(content.sender, [content.recipient], content.raw)
    return number / (time.perf_counter() - began)
