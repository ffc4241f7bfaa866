"""`main.py doctor`: how an installation is, a line for each thing that was looked at."""

import asyncio
import logging
from collections.abc import Callable

import structlog
import typer

from domain.doctor import Check, Finding, examine
from domain.settings import Settings

WIDTH = max(map(len, Check))


def look(read_settings: Callable[[], Settings]) -> bool:
    """Whether nothing is wrong. `read_settings` raises ValueError with the reason; without settings nothing is seen."""
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL)
    )  # the findings say it all
    try:
        settings = read_settings()
    except ValueError as error:
        _say(Finding(Check.SETTINGS, str(error), is_fault=True))
        return False
    return asyncio.run(_examine(settings))


async def _examine(settings: Settings) -> bool:
    is_well = True
    async for finding in examine(settings):
        _say(finding)
        is_well = is_well and not finding.is_fault
    return is_well


def _say(finding: Finding) -> None:
    how = 'fault' if finding.is_fault else 'note' if finding.is_note else 'ok'
    typer.echo(f'{finding.check:<{WIDTH}}  {how:<5}  {finding.words}')
