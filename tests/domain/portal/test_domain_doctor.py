"""What the doctor makes of what DNS and the server at the domain say; nothing here touches the database."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from domain.dependencies import Cipher, Dependencies, Hasher
from domain.portal.domain_doctor import MOST_ADDRESSES, examine, find_target
from domain.portal.domain_findings import Findings, HttpsFault, Records, Target, Verdict, as_json, from_json
from domain.portal.proxies import MARKS, proxy_of
from domain.settings import Settings
from tests.domain.portal.domains import HERE, HOST, Away, away
from tests.support.dns_server import Zone
from tests.support.https_server import DAY, Authority, WebServer

WORD = 'f' * 32
BASE: Zone = {'base.example': {'A': ['192.0.2.1'], 'AAAA': ['2001:db8::1']}}


@pytest.fixture
def out(hasher: Hasher, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Away]:
    """The base URL leads to this machine."""
    settings = Settings(_env_file=None, data_dir=tmp_path, secret_key='k' * 32)
    deps = Dependencies(settings=settings, cipher=Cipher(settings.secret_key), hasher=hasher)
    with away(deps, tmp_path, monkeypatch) as made:
        yield made


def at_base(out: Away, base_url: str = 'https://base.example') -> Dependencies:
    """The same, and the base URL is another."""
    return replace(out.deps, settings=out.deps.settings.model_copy(update={'base_url': base_url}))


async def records_of(out: Away, records: Zone, deps: Dependencies | None = None, seen_at: int = 3) -> Records:
    out.publish(BASE | records, seen_at=seen_at)
    return (await examine(deps or at_base(out), HOST, WORD, with_https=False)).records


async def test_where_a_record_has_to_lead(out: Away) -> None:
    out.publish(BASE)
    assert await find_target(out.deps) == Target(addresses=('127.0.0.1',))
    assert await find_target(at_base(out)) == Target('base.example', ('192.0.2.1', '2001:db8::1'))
    assert await find_target(at_base(out, 'https://192.0.2.9')) == Target(addresses=('192.0.2.9',))


@pytest.mark.parametrize(
    ('records', 'verdict'),
    [
        ({'A': ['192.0.2.1']}, Verdict.RIGHT),
        ({'CNAME': ['base.example.']}, Verdict.RIGHT),
        ({'CNAME': ['alias.example.']}, Verdict.RIGHT),  # which leads on to the base host
        ({'CNAME': ['elsewhere.example.']}, Verdict.WRONG),
        ({'CNAME': ['nowhere.example.']}, Verdict.WRONG),
        ({'A': ['198.51.100.1']}, Verdict.WRONG),
        ({'A': ['192.0.2.1', '198.51.100.1']}, Verdict.MIXED),
        ({'A': ['192.0.2.1'], 'CNAME': ['base.example.']}, Verdict.BOTH),
        ({'TXT': ['"hello"']}, Verdict.MISSING),
        ({}, Verdict.MISSING),
    ],
)
async def test_the_record_is_right_missing_wrong_or_both(
    out: Away, records: dict[str, list[str]], verdict: Verdict
) -> None:
    others: Zone = {'elsewhere.example': {'A': ['198.51.100.1']}, 'alias.example': {'A': ['192.0.2.1']}}
    found = await records_of(out, others | ({HOST: records} if records else {}))
    assert found.verdict is verdict
    assert found.authority and found.authority.verdict is verdict
    assert {one.verdict for one in found.resolvers} == {verdict}
    assert (found.zone, found.nameservers) == ('firm.test', ('ns1.firm.test',))
    assert found.leads_here is (verdict is Verdict.RIGHT)


async def test_the_authority_knows_first_and_half_of_the_resolvers_have_to_follow(out: Away) -> None:
    for seen_at, leads_here in ((0, False), (1, False), (2, True), (3, True)):
        for resolver in out.resolvers:
            resolver.records = dict(BASE)
        out.resolvers[0].records = {
            **BASE,
            'firm.test': {'NS': ['ns1.firm.test.']},
            'ns1.firm.test': {'A': ['127.0.0.1']},
        }
        found = await records_of(out, {HOST: {'A': ['192.0.2.1']}}, seen_at=seen_at)
        assert (found.verdict, found.seen_at, found.leads_here) == (Verdict.RIGHT, seen_at, leads_here)


async def test_resolvers_alone_will_do_where_the_authority_cannot_be_asked(out: Away) -> None:
    out.zone.silent = True
    found = await records_of(out, {HOST: {'A': ['192.0.2.1']}})
    assert found.authority is None and found.leads_here


async def test_a_resolver_that_is_silent_does_not_count(out: Away) -> None:
    out.resolvers[0].silent = out.resolvers[1].silent = True
    found = await records_of(out, {HOST: {'A': ['192.0.2.1']}})
    assert [one.verdict for one in found.resolvers] == [Verdict.UNKNOWN, Verdict.UNKNOWN, Verdict.RIGHT]
    assert found.leads_here


async def test_an_address_of_the_newer_kind_that_leads_elsewhere_stands_in_the_way(out: Away) -> None:
    found = await records_of(out, {HOST: {'A': ['192.0.2.1'], 'AAAA': ['2001:db8::1']}})
    assert found.six_elsewhere == () and found.leads_here
    found = await records_of(out, {HOST: {'A': ['192.0.2.1'], 'AAAA': ['2001:db8::1', 'fe80::bad']}})
    assert found.six_elsewhere == ('fe80::bad',) and not found.leads_here
    found = await records_of(out, {HOST: {'A': ['192.0.2.1'], 'AAAA': [f'fe80::bad:{n}' for n in range(40)]}})
    assert len(found.six_elsewhere) == MOST_ADDRESSES, 'at no more is knocked'


@pytest.mark.parametrize(
    ('caa', 'refuses'),
    [
        ({HOST: ['0 issue "letsencrypt.org"']}, ()),
        ({HOST: ['0 issue "ca.example"', '0 issue "letsencrypt.org; validationmethods=http-01"']}, ()),
        ({HOST: ['0 issue "ca.example"']}, ('ca.example',)),
        ({HOST: ['0 issue ";"']}, ('nobody',)),
        ({HOST: ['0 iodef "mailto:a@firm.test"']}, ()),
        ({'firm.test': ['0 issue "ca.example"']}, ('ca.example',)),  # holds for all names beneath
        ({HOST: ['0 issue "letsencrypt.org"'], 'firm.test': ['0 issue "ca.example"']}, ()),  # the nearest counts
    ],
)
async def test_who_may_make_certificates(out: Away, caa: dict[str, list[str]], refuses: tuple[str, ...]) -> None:
    zone: Zone = {HOST: {'A': ['192.0.2.1']}}
    for name, values in caa.items():
        zone[name] = {**zone.get(name, {}), 'CAA': values}
    if 'firm.test' in zone:
        zone['firm.test']['NS'] = ['ns1.firm.test.']
    found = await records_of(out, zone)
    assert found.caa == refuses
    assert bool(found.caa_at) is bool(refuses)


async def test_a_proxy_in_front_is_told_apart_from_a_wrong_record(out: Away) -> None:
    """The domain leads to 127.0.0.1, which is not where the base URL leads; what answers there leads on to us."""
    out.plain.word = WORD
    found = await records_of(out, {HOST: {'A': ['127.0.0.1']}})
    assert (found.verdict, found.proxy, found.leads_here) == (Verdict.PROXIED, 'a proxy', True)
    assert out.plain.asked == [f'{HOST}:{out.plain.port}']
    out.plain.word = 'another Foyer'
    found = await records_of(out, {HOST: {'A': ['127.0.0.1']}})
    assert (found.verdict, found.proxy, found.leads_here) == (Verdict.WRONG, '', False)


async def test_a_proxy_is_known_by_what_it_puts_into_its_answers(out: Away) -> None:
    """Whether it leads on to us or not; and it need not answer with our certificate, or with any."""
    out.plain.headers = {'CF-RAY': '8e0c0ffee0000000-FRA', 'Server': 'cloudflare'}
    found = await records_of(out, {HOST: {'A': ['127.0.0.1']}})
    assert (found.verdict, found.proxy, found.leads_here) == (Verdict.WRONG, 'Cloudflare', False)
    out.plain.word = WORD
    found = await records_of(out, {HOST: {'A': ['127.0.0.1']}})
    assert (found.verdict, found.proxy, found.leads_here) == (Verdict.PROXIED, 'Cloudflare', True)


@pytest.mark.parametrize(('name', 'header', 'beginning'), MARKS)
def test_each_proxy_has_its_mark(name: str, header: str, beginning: str) -> None:
    assert proxy_of({'date': 'now', header: f'{beginning}1.2.3'}) == name
    assert proxy_of({header: 'apache'}) == ('' if beginning else name)
    assert proxy_of({'server': 'nginx'}) == ''


@pytest.mark.parametrize('record', [{'A': ['127.0.0.1']}, {'A': ['8.8.4.4'], 'AAAA': ['::ffff:127.0.0.1']}])
async def test_no_name_has_foyer_look_around_within_the_house(out: Away, record: dict[str, list[str]]) -> None:
    """R56: a portal on the internet knocks at nothing that is not; who answers there would be told of all the same."""
    out.plain.word = out.web.word = WORD
    found = await records_of(out, {'base.example': {'A': ['8.8.4.4']}, HOST: record})
    assert not found.leads_here and found.proxy == ''
    assert out.plain.asked == out.web.asked == []


async def https_of(out: Away, port: int = 0) -> Findings:
    out.publish(HERE)
    deps = out.deps
    if port:
        deps = replace(deps, settings=deps.settings.model_copy(update={'https_port': port}))
    return await examine(deps, HOST, WORD, with_https=True)


async def test_https_is_reached_and_the_certificate_read(out: Away) -> None:
    out.web.word = WORD
    findings = await https_of(out)
    assert findings.https and findings.https.fault is None
    assert (findings.https.names, findings.https.issuer) == ((HOST,), 'Test Authority')
    assert out.web.asked == [f'{HOST}:{out.web.port}']
    assert from_json(as_json(findings)) == findings


async def test_why_https_does_not_answer(out: Away, tmp_path: Path) -> None:
    assert (await https_of(out)).https.fault is HttpsFault.NOT_HERE  # type: ignore[union-attr]
    assert (await https_of(out, port=9)).https.fault is HttpsFault.NOT_REACHED  # type: ignore[union-attr]
    assert (await https_of(out, port=out.plain.port)).https.fault is HttpsFault.NO_CERTIFICATE  # type: ignore[union-attr]
    (tmp_path / 'other').mkdir()
    stranger = Authority(tmp_path / 'other').certificate(HOST)
    ours = Authority(tmp_path)  # in place of the one that is trusted
    for certificate, fault in (
        (stranger, HttpsFault.UNTRUSTED),
        (ours.certificate('wrong.example'), HttpsFault.WRONG_NAME),
        (ours.certificate(HOST, -2 * DAY), HttpsFault.EXPIRED),
    ):
        with WebServer(certificate, WORD) as web:
            https = (await https_of(out, port=web.port)).https
        assert https and https.fault is fault
        assert https.names, 'it is shown all the same'


async def test_what_a_certificate_says_of_itself_is_kept_as_plain_text(out: Away, tmp_path: Path) -> None:
    """Anybody can make one, and PostgreSQL takes no NUL."""
    (tmp_path / 'odd').mkdir()
    odd = Authority(tmp_path / 'odd', 'Odd\0 \n' + 'y' * 40).certificate(HOST)
    with WebServer(odd, WORD) as web:
        https = (await https_of(out, port=web.port)).https
    assert https and https.issuer == 'Odd ' + 'y' * 40


def test_what_nobody_can_read_any_more_is_nothing() -> None:
    assert from_json(None) is None
    assert from_json({'records': {'verdict': 'gone'}}) is None
