"""The one record to make, each part with a button that copies it, and where registrars keep their records."""

from nicegui import html
from nicegui import ui as nui

from domain.portal.custom_domain import OwnDomain
from domain.portal.domain_findings import Target
from ui.components.basics import card, plain_text
from ui.components.copy_button import CopyButton
from ui.components.part import Part
from ui.staff.domain_guides import GUIDES
from ui.staff.domain_words import record_of, record_value, short_name


class RecordCard:
    def __init__(self) -> None:
        """Build it in the page; shown while there is a domain."""
        with card('The record to make') as self._card:
            record = html.div()
            self._record = Part(record, _record)
            with html.div().style('margin-top: var(--s5)'):
                html.h3('Where to make it')
                for guide in GUIDES:
                    with nui.element('details').classes('fy-guide'):
                        plain_text('summary', guide.name)
                        with html.ol():
                            for step in guide.steps:
                                plain_text('li', step)
                        if guide.note:
                            plain_text('p', guide.note).classes('fy-sm fy-muted')

    def show(self, domain: OwnDomain, target: Target) -> None:
        """For this domain, leading there."""
        self._card.set_visibility(bool(domain.host))
        if domain.host:
            kind = record_of(domain, target)
            zone = domain.findings.records.zone if domain.findings else ''
            name = short_name(domain.ascii_host, zone)
            self._record.show(kind.value, name, domain.ascii_host, record_value(kind, target))


def _record(kind: str, name: str, host: str, value: str) -> None:
    plain_text('p', 'Make this one record, and no other A, AAAA or CNAME record of the same name.').classes('fy-muted')
    with html.dl().classes('fy-record'):
        _part('Type', kind, copies=False)
        _part('Name', name)
        _part('Value', value or 'This server’s address is not known yet.', copies=bool(value))
    if name != host:
        plain_text('p', f'Some registrars ask for the whole name instead: {host}').classes('fy-sm fy-muted')


def _part(label: str, text: str, *, copies: bool = True) -> None:
    with html.div():
        plain_text('dt', label)
        with html.dd():
            plain_text('span', text).classes('fy-mono fy-grow')
            if copies:
                CopyButton(f'Copy {label.lower()}', text, small=True)
