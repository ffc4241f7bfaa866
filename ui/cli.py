"""The terminal: serve, create-owner, import-contacts, export-report, backup, doctor, demo."""

import asyncio
import os
import sys
from collections.abc import Callable, Coroutine
from contextlib import ExitStack, aclosing
from pathlib import Path
from typing import Annotated, Any, BinaryIO, NoReturn, TypeVar

import structlog
import typer
from pydantic import ValidationError

from domain.activity.access_report import FileFormat, access_report
from domain.actors import SystemActor
from domain.backup import back_up
from domain.dependencies import Dependencies, build_dependencies
from domain.errors import DomainError
from domain.house import House, StorageErrors, check_database_url, reach_database
from domain.mail.transport import read_smtp_url
from domain.settings import Settings, explain
from domain.staff.owner import create_owner
from ui import messages
from ui.logs import set_up_logs

R = TypeVar('R')
SOME_ROWS_REFUSED = 3
log = structlog.get_logger(__name__)
program = typer.Typer(
    add_completion=False,
    no_args_is_help=False,
    pretty_exceptions_enable=False,
    help='Foyer: the front door of a client portal.',
)


def dependencies() -> Dependencies:
    """From the environment. A wrong value ends the program with one line that names the setting."""
    settings = _settings()
    try:
        asyncio.run(reach_database(settings.database))
    except StorageErrors as error:
        _stop(f'FOYER_DATABASE_URL: the database cannot be used: {error}')
    return build_dependencies(settings)


def _settings() -> Settings:
    try:
        settings = _checked_settings()
    except ValueError as error:
        _stop(str(error))
    os.umask(0o077)  # database, key and backups are for this user alone
    set_up_logs(settings.log_format)
    return settings


def _checked_settings() -> Settings:
    """Raises ValueError with the one line that names the setting that is wrong."""
    try:
        settings = Settings()
    except ValidationError as error:
        raise ValueError(explain(error)) from error
    try:
        check_database_url(settings.database)
    except ValueError as error:
        raise ValueError(f'FOYER_DATABASE_URL: {error}') from error
    try:
        if settings.smtp_url:
            read_smtp_url(settings.smtp_url)
    except ValueError as error:
        raise ValueError(f'FOYER_SMTP_URL: {error}') from error
    return settings


@program.callback(invoke_without_command=True)
def main(context: typer.Context) -> None:
    """Serve, when no sub-command is named."""
    if context.invoked_subcommand is None:
        serve()


@program.command('serve')
def serve() -> None:
    """Serve the portal."""
    from ui import web  # noqa: PLC0415 - NiceGUI is loaded by those who serve, not by every command

    deps = dependencies()
    if warning := about_links(deps.settings):
        log.warning(warning)
    web.register(deps)
    web.serve(deps)


def about_links(settings: Settings) -> str:
    """What to say when mail goes out whose links open on this machine alone; nothing otherwise."""
    if not settings.smtp_url or not settings.links_lead_here_only:
        return ''
    return f'Links in mail lead to {settings.public_url}: set FOYER_BASE_URL'


@program.command('demo')
def demo(
    contacts: Annotated[int, typer.Option(min=50, max=20_000, help='How many contacts the firm has.')] = 2_000,
    still: Annotated[bool, typer.Option('--still', help='Nobody comes by by themselves.')] = False,
) -> None:
    """Serve a made-up firm from a throw-away database."""
    from ui.demo import serve_demo  # noqa: PLC0415 - NiceGUI is loaded by those who serve

    try:
        serve_demo(contacts, still=still)
    except ValidationError as error:
        _stop(explain(error))


@program.command('create-owner')
def create_owner_command(
    email: Annotated[str, typer.Option(help='The address the owner signs in with.')],
    name: Annotated[str, typer.Option(help='The name of the owner.')],
    password_stdin: Annotated[
        bool, typer.Option('--password-stdin', help='Read the password from standard input.')
    ] = False,
) -> None:
    """Create an owner, who can do everything."""
    password = (
        sys.stdin.readline().rstrip('\r\n')
        if password_stdin
        else typer.prompt('Password', hide_input=True, confirmation_prompt=True)
    )
    deps = dependencies()
    _run(deps, lambda: create_owner(deps, name=name, email=email, password=password))
    typer.echo(f'{name} can sign in at {deps.settings.public_url}/staff/sign-in')


@program.command('export-report')
def export_report(
    output: Annotated[Path | None, typer.Option(help='The file to write; standard output if none is named.')] = None,
    report_format: Annotated[str, typer.Option('--format', help='csv or xlsx')] = 'csv',
) -> None:
    """Write the access report, as CSV or as a spreadsheet."""
    if report_format not in set(FileFormat):
        _stop(f'--format: {report_format} is none; there are {" and ".join(FileFormat)}')
    deps = dependencies()
    with ExitStack() as stack:
        try:
            file = stack.enter_context(output.open('wb')) if output else sys.stdout.buffer
        except OSError as error:
            _stop(f'The report could not be written: {error}')
        _run(deps, lambda: _write_report(deps, FileFormat(report_format), file))


async def _write_report(deps: Dependencies, file_format: FileFormat, file: BinaryIO) -> None:
    async with aclosing(await access_report(deps, SystemActor('Terminal'), file_format)) as parts:
        async for part in parts:
            try:
                file.write(part)
                file.flush()
            except OSError as error:
                _stop(f'The report could not be written: {error}')


@program.command('import-contacts')
def import_contacts_command(
    file: Annotated[Path, typer.Argument(metavar='FILE.csv', help='The file to import.')],
    dry_run: Annotated[bool, typer.Option('--dry-run', help='Only say what would come of it.')] = False,
) -> None:
    """Import contacts from a CSV file, with a line for each row. Ends with 3 when some were refused; others are in."""
    from ui.import_command import import_contacts  # noqa: PLC0415 - nobody else needs it

    try:
        file.open('rb').close()
    except OSError as error:
        _stop(f'{file} cannot be read: {error.strerror}')
    deps = dependencies()
    if not _run(deps, lambda: import_contacts(deps, file, _say, dry_run=dry_run)):
        raise typer.Exit(SOME_ROWS_REFUSED)


def _say(line: str) -> None:
    """Print it. Where nobody reads any more, as after `| head`, nothing is printed from then on, and work goes on."""
    try:
        typer.echo(line)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@program.command('backup')
def backup(
    file: Annotated[Path, typer.Argument(metavar='FILE', help='The file to write; there must be none yet.')],
) -> None:
    """Write a consistent copy of the database, while Foyer runs or not. For SQLite; on PostgreSQL, says what to use."""
    settings = _settings()
    try:
        asyncio.run(back_up(settings, file))
    except DomainError as error:
        _stop(messages.say(error))
    except StorageErrors as error:
        _stop(f'The backup could not be written to {file}: {error}')
    typer.echo(f'{file} holds the database. Keep the secret key too, in another place.')


@program.command('doctor')
def doctor() -> None:
    """Look whether all is well, and change nothing. A line for each thing; ends with 1 when one is wrong."""
    from ui.doctor_command import look  # noqa: PLC0415 - nobody else needs it

    if not look(_checked_settings):
        raise typer.Exit(1)


def _run(deps: Dependencies, work: Callable[[], Coroutine[Any, Any, R]]) -> R:
    async def inside() -> R:
        async with House(deps, mail=False):
            return await work()

    try:
        return asyncio.run(inside())
    except DomainError as error:
        _stop(messages.say(error))
    except StorageErrors as error:
        _stop(f'The database cannot be used: {error}')


def _stop(reason: str) -> NoReturn:
    typer.echo(reason, err=True)
    raise typer.Exit(1)
