"""SPF, DKIM and DMARC of the domain mail comes from, asked of a real name server."""

import base64
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from domain.actors import Role
from domain.dependencies import Dependencies
from domain.errors import NotAllowed, SelectorInvalid
from domain.events import SenderCheckChanged
from domain.portal.sender_check import check_sender, keep_selector, read_selector
from domain.portal.sender_records import Checked, Grade, SenderFault, check_dkim, check_dmarc
from domain.portal.sender_spf import check_spf
from domain.resolver import Resolver
from tests.factories import given_owner, given_staff
from tests.support.dns_server import DnsServer, Zone

DOMAIN, SERVER = 'firm.test', 'smtp.host.test'
AROUND: Zone = {
    SERVER: {'A': ['192.0.2.25']},
    'smtp.gmail.com': {'A': ['198.51.100.9']},
    '_spf.google.com': {'TXT': ['"v=spf1 ip4:198.51.100.0/24 ~all"']},
    'text.test': {'TXT': ['"no such record"']},
    'wide.test': {'TXT': ['"v=spf1 ip4:192.0.2.0/24 -all"']},
    'mx.test': {'A': ['192.0.2.25']},
    'loop.test': {'TXT': ['"v=spf1 include:loop.test -all"']},
    **{f'n{n}.test': {'TXT': [f'"v=spf1 include:n{n + 1}.test -all"']} for n in range(12)},
}


def rsa_key(bits: int) -> str:
    key = rsa.generate_private_key(65537, bits).public_key()
    return base64.b64encode(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).decode()


def ed_key() -> str:
    key = ed25519.Ed25519PrivateKey.generate().public_key()
    return base64.b64encode(key.public_bytes(Encoding.Raw, PublicFormat.Raw)).decode()


async def spf(*texts: str, server: str = SERVER, **more: list[str]) -> Checked:
    here = {'TXT': ['"something=else"', *(f'"{text}"' for text in texts)], **more}
    with DnsServer({**AROUND, DOMAIN: here}) as dns:
        return await check_spf(Resolver((dns.address,)), DOMAIN, server)


@pytest.mark.parametrize(
    'text',
    [
        'v=spf1 ip4:192.0.2.25 -all',
        'v=spf1 ip4:192.0.2.0/24 ~all',
        'v=spf1 a:smtp.host.test -all',
        'v=spf1 include:wide.test -all',
        'v=spf1 redirect=wide.test',
        'v=spf1 mx -all',
        'v=spf1 include:loop.test ip4:192.0.2.25 -all',
        'v=spf1 a:mx.test/24//64 -all',
        'v=spf1 ip4:192.0.2.25 exp=why.firm.test -all redirect=gone.test',  # which does not count beside an `all`
    ],
)
async def test_spf_is_right_where_the_server_is_in_it(text: str) -> None:
    checked = await spf(text, MX=['10 mx.test.'])
    assert (checked.grade, checked.paste, checked.found) == (Grade.RIGHT, '', (text,))


@pytest.mark.parametrize(
    ('texts', 'fault', 'paste'),
    [
        (['v=spf1 -all'], SenderFault.NOT_THIS_SERVER, 'v=spf1 a:smtp.host.test -all'),
        (['v=spf1 ip4:198.51.100.1 ~all'], SenderFault.NOT_THIS_SERVER,
         'v=spf1 ip4:198.51.100.1 a:smtp.host.test ~all'),
        (['v=spf1 redirect=_spf.google.com'], SenderFault.NOT_THIS_SERVER,
         'v=spf1 include:_spf.google.com a:smtp.host.test ~all'),
        (['v=spf1 -ip4:192.0.2.25 -all'], SenderFault.NOT_THIS_SERVER, 'v=spf1 -ip4:192.0.2.25 a:smtp.host.test -all'),
        (['v=spf1 ip4:192.0.2.25 +all'], SenderFault.ANYBODY, 'v=spf1 ip4:192.0.2.25 a:smtp.host.test ~all'),
        (['v=spf1 ip4:192.0.2.25'], SenderFault.OPEN_END, 'v=spf1 ip4:192.0.2.25 a:smtp.host.test ~all'),
        (['v=spf1 ip4:192.0.2.25 ?all'], SenderFault.OPEN_END, 'v=spf1 ip4:192.0.2.25 a:smtp.host.test ~all'),
        (['v=spf1 mx -all', 'v=spf1 a ~all'], SenderFault.SEVERAL, 'v=spf1 a mx a:smtp.host.test ~all'),
        (['v=spf1 -all include:wide.test'], SenderFault.AFTER_END, 'v=spf1 include:wide.test a:smtp.host.test -all'),
        (['v=spf1 include:text.test mx -all'], SenderFault.DEAD_END, 'v=spf1 mx a:smtp.host.test -all'),
        (['v=spf1 include:gone.test -all'], SenderFault.DEAD_END, 'v=spf1 a:smtp.host.test -all'),
        (['v=spf1 ipv4:192.0.2.25 -all'], SenderFault.MALFORMED, 'v=spf1 a:smtp.host.test -all'),
        (['v=spf1 ip4:300.0.2.25 -all'], SenderFault.MALFORMED, 'v=spf1 a:smtp.host.test -all'),
        (['v=spf1 include -all'], SenderFault.MALFORMED, 'v=spf1 a:smtp.host.test -all'),
        (['v=spf1 include:n0.test -all'], SenderFault.TOO_MANY_LOOKUPS, ''),
    ],
)  # fmt: skip
async def test_what_is_wrong_with_spf_and_what_to_paste(texts: list[str], fault: SenderFault, paste: str) -> None:
    checked = await spf(*texts)
    assert (checked.grade, checked.fault, checked.paste) == (Grade.WRONG, fault, paste)


async def test_spf_that_is_pasted_is_right_afterwards() -> None:
    for before in (
        'v=spf1 -all',
        'v=spf1 ip4:192.0.2.25 +all',
        'v=spf1 ipv4:x -all',
        'v=spf1 -all mx',
        'v=spf1 include:gone.test -all',
    ):
        assert (await spf((await spf(before)).paste)).grade is Grade.RIGHT
    assert (await spf((await spf()).paste)).grade is Grade.RIGHT


async def test_the_servers_of_large_providers_are_known_by_their_own_record() -> None:
    missing = await spf(server='smtp-relay.gmail.com')
    assert (missing.grade, missing.paste) == (Grade.MISSING, 'v=spf1 include:_spf.google.com ~all')
    assert (await spf('v=spf1 include:_spf.google.com ~all', server='smtp.gmail.com')).grade is Grade.RIGHT
    wrong = await spf('v=spf1 mx ~all', server='smtp.gmail.com')
    assert (wrong.fault, wrong.paste) == (SenderFault.NOT_THIS_SERVER, 'v=spf1 mx include:_spf.google.com ~all')


@pytest.mark.parametrize(
    ('server', 'mechanism'),
    [
        ('email-smtp.eu-west-1.amazonaws.com', 'include:amazonses.com'),
        ('ec2-192-0-2-25.compute.amazonaws.com', 'a:ec2-192-0-2-25.compute.amazonaws.com'),  # anybody's
        ('smtp.ionos.de', 'include:_spf-eu.ionos.com'),
        ('smtp.ionos.com', 'include:_spf-us.ionos.com'),
        ('gmail.com.host.test', 'a:gmail.com.host.test'),
    ],
)
async def test_whose_server_it_is(server: str, mechanism: str) -> None:
    assert (await spf(server=server)).paste == f'v=spf1 {mechanism} ~all'


async def test_the_addresses_of_a_provider_will_do_too() -> None:
    assert (await spf('v=spf1 ip4:198.51.100.0/24 ~all', server='smtp.gmail.com')).grade is Grade.RIGHT


@pytest.mark.parametrize('term', ['exists:%{i}.spf.host.test', 'include:%{d2}.spf.host.test'])
async def test_what_is_worked_out_for_each_mail_cannot_be_judged(term: str) -> None:
    checked = await spf(f'v=spf1 {term} -all')
    assert (checked.grade, checked.fault, checked.paste) == (Grade.UNKNOWN, SenderFault.WORKED_OUT, '')
    assert (await spf(f'v=spf1 {term} ip4:192.0.2.25 -all')).grade is Grade.RIGHT


async def test_a_server_within_the_house_cannot_be_judged() -> None:
    for server in ('', '127.0.0.1', 'localhost', 'mail.lan', '10.0.0.5'):
        assert (await spf('v=spf1 mx -all', server=server)).grade is Grade.RIGHT


async def dkim(*texts: str, selector: str = 'mail') -> Checked:
    name = f'mail._domainkey.{DOMAIN}'
    cut = [' '.join(f'"{text[at : at + 200]}"' for at in range(0, len(text), 200)) for text in texts]
    with DnsServer({name: {'TXT': cut}} if cut else {}) as dns:
        return await check_dkim(Resolver((dns.address,)), DOMAIN, selector)


async def test_a_key_that_mailbox_providers_accept() -> None:
    long = rsa_key(2048)
    for text in (f'v=DKIM1; k=rsa; p={long}', f'p={long}', f'v=DKIM1; k=ed25519; p={ed_key()}', f'v=DKIM1;p={long};'):
        checked = await dkim(text)
        assert (checked.grade, checked.fault, checked.name) == (Grade.RIGHT, None, f'mail._domainkey.{DOMAIN}')
    assert (await dkim(f'v=DKIM1; p={rsa_key(1024)}')).fault is SenderFault.WEAK_KEY


async def test_what_is_wrong_with_a_key() -> None:
    long = rsa_key(2048)
    for text, fault in (
        ('v=DKIM1; p=', SenderFault.REVOKED),
        ('v=DKIM1; p=AAAA', SenderFault.NO_KEY),
        ('v=DKIM1; p=MAswBQYDKgMEAwIAAA==', SenderFault.NO_KEY),  # of a kind that nobody knows
        (f'v=DKIM1; p={long[:200]}', SenderFault.NO_KEY),
        (f'v=DKIM1; k=ed25519; p={long}', SenderFault.NO_KEY),
        (f'v=DKIM2; p={long}', SenderFault.MALFORMED),
        ('hello', SenderFault.MALFORMED),
        (f'v=DKIM1; t=y; p={long}', SenderFault.TESTING),
    ):
        checked = await dkim(text)
        assert (checked.grade, checked.fault) == (Grade.WRONG, fault), text
        assert checked.paste
    missing = await dkim()
    assert missing.grade is Grade.MISSING and not missing.is_whole, 'the mail server alone knows its key'
    assert (await dkim(f'p={long}', f'v=DKIM1; p={long}')).fault is SenderFault.SEVERAL
    testing = await dkim(f'v=DKIM1; t=y; p={long}')
    assert testing.paste == f'v=DKIM1; p={long}' and testing.is_whole
    unknown = await dkim(selector='')
    assert (unknown.grade, unknown.fault) == (Grade.UNKNOWN, SenderFault.NO_SELECTOR)


async def dmarc(zone: Zone, domain: str = DOMAIN) -> Checked:
    with DnsServer(zone) as dns:
        return await check_dmarc(Resolver((dns.address,)), domain)


async def test_a_policy_of_the_domain_or_of_the_one_it_is_under() -> None:
    missing = await dmarc({})
    assert (missing.grade, missing.name) == (Grade.MISSING, f'_dmarc.{DOMAIN}')
    assert missing.paste == 'v=DMARC1; p=none; rua=mailto:postmaster@firm.test'
    zone: Zone = {f'_dmarc.{DOMAIN}': {'TXT': ['"v=DMARC1; p=reject"']}}
    assert (await dmarc(zone)).grade is Grade.RIGHT
    under = await dmarc(zone, f'mail.{DOMAIN}')
    assert (under.grade, under.name) == (Grade.RIGHT, f'_dmarc.{DOMAIN}')
    zone[f'_dmarc.{DOMAIN}'] = {'TXT': ['"v=DMARC1; p=reject; sp=none"']}
    assert (await dmarc(zone)).fault is None
    assert (await dmarc(zone, f'mail.{DOMAIN}')).fault is SenderFault.ONLY_WATCHES
    watching = await dmarc({f'_dmarc.{DOMAIN}': {'TXT': [f'"{missing.paste}"']}})
    assert (watching.grade, watching.fault) == (Grade.RIGHT, SenderFault.ONLY_WATCHES)


@pytest.mark.parametrize('text', ['v=DMARC1', 'v=DMARC1; p=all', 'v=dmarc1; p=none', 'v=DMARC1; p=none; p=reject'])
async def test_a_policy_that_cannot_be_read(text: str) -> None:
    checked = await dmarc({f'_dmarc.{DOMAIN}': {'TXT': [f'"{text}"']}})
    assert (checked.grade, checked.fault) == (Grade.WRONG, SenderFault.MALFORMED)
    assert checked.paste.startswith('v=DMARC1; p=none; ')


async def test_name_servers_that_are_silent_say_nothing() -> None:
    with DnsServer({}) as dns:
        dns.silent = True
        resolver = Resolver((dns.address,), seconds=0.2)
        for checked in (
            await check_spf(resolver, DOMAIN, SERVER), await check_dkim(resolver, DOMAIN, 'mail'),
            await check_dmarc(resolver, DOMAIN),
        ):  # fmt: skip
            assert (checked.grade, checked.fault) == (Grade.UNKNOWN, SenderFault.NO_ANSWER)


async def test_the_domain_mail_comes_from_is_the_one_that_is_checked(deps: Dependencies) -> None:
    owner = await given_owner(deps)
    assert (await check_sender(deps, owner)).domain == '', 'portal@localhost is no domain'
    zone: Zone = {'xn--mller-kva.example': {'TXT': ['"v=spf1 ip4:192.0.2.25 -all"']}, **AROUND}
    with DnsServer(zone) as dns:
        settings = deps.settings.model_copy(
            update={'mail_from': 'portal@müller.example', 'smtp_url': f'smtp://{SERVER}:587?starttls=required'}
        )
        here = replace(deps, settings=settings, resolver=Resolver((dns.address,)))
        report = await check_sender(here, owner)
        assert report.domain == 'xn--mller-kva.example'
        assert report.spf and report.spf.grade is Grade.RIGHT
        assert report.dkim and report.dkim.fault is SenderFault.NO_SELECTOR
        told: list[SenderCheckChanged] = []
        here.events.on(SenderCheckChanged, told.append)
        for _ in range(2):
            assert await keep_selector(here, owner, ' Mail._domainkey.müller.example. ') == 'mail'
        assert told == [SenderCheckChanged()], 'once, as it changed once'
        report = await check_sender(here, owner)
        assert report.dkim and report.dkim.name == 'mail._domainkey.xn--mller-kva.example'
    assert await read_selector(deps, owner) == 'mail'


@pytest.mark.parametrize('typed', ['two words', 'a/b', '-mail', 'mail-', 'a..b', 'm' * 64, 'größe', 'x\r\ny'])
async def test_what_is_no_selector_is_refused(deps: Dependencies, typed: str) -> None:
    with pytest.raises(SelectorInvalid):
        await keep_selector(deps, await given_owner(deps), typed)


async def test_who_may_not_change_settings_may_not_do_this(deps: Dependencies) -> None:
    """R57."""
    member = await given_staff(deps, Role.STAFF)
    for deed in (check_sender(deps, member), read_selector(deps, member), keep_selector(deps, member, 'mail')):
        with pytest.raises(NotAllowed):
            await deed
