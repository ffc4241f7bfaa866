"""Asking DNS, each server on its own: against a real one on a loopback port."""

import pytest

from domain.resolver import Answer, Heard, Resolver, Server, parse_server
from tests.support.dns_server import DnsServer, unanswered_port

HOST = 'portal.firm.test'


@pytest.mark.parametrize(
    ('text', 'server'),
    [
        ('9.9.9.9', Server('9.9.9.9', 53)),
        ('127.0.0.1:5353', Server('127.0.0.1', 5353)),
        ('2620:fe::fe', Server('2620:fe::fe', 53)),
        ('[::1]:5353', Server('::1', 5353)),
    ],
)
def test_a_server_is_an_address_and_perhaps_a_port(text: str, server: Server) -> None:
    assert parse_server(text) == server


@pytest.mark.parametrize('text', ['dns.example', '127.0.0.1:', '127.0.0.1:99999', '', '1.2.3', '[::1]:x'])
def test_what_is_no_server_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        parse_server(text)


async def test_each_server_has_its_own_word() -> None:
    with DnsServer({HOST: {'A': ['192.0.2.1']}}) as one, DnsServer({}) as other, unanswered_port() as mute:
        resolver = Resolver((one.address, other.address, f'127.0.0.1:{mute}'), seconds=0.3)
        answers = [answer for _, answer in await resolver.ask_all(HOST, 'A')]
    assert answers == [
        Answer(Heard.ANSWER, ('192.0.2.1',), own=('192.0.2.1',)),
        Answer(Heard.NOTHING),
        Answer(Heard.SILENT),
    ]


async def test_an_alias_is_told_apart_from_an_address_of_its_own() -> None:
    records = {HOST: {'CNAME': ['door.example.']}, 'door.example': {'A': ['192.0.2.1']}}
    with DnsServer(records) as server:
        answer = await Resolver((server.address,)).first(HOST, 'A')
    assert answer == Answer(Heard.ANSWER, ('192.0.2.1',), aliases=('door.example',))


async def test_an_answer_too_long_for_udp_comes_over_tcp() -> None:
    texts = [f'"{number:03}{"x" * 200}"' for number in range(20)]
    with DnsServer({HOST: {'TXT': texts}}) as server:
        answer = await Resolver((server.address,)).first(HOST, 'TXT')
    assert len(answer.values) == 20


async def test_the_servers_of_the_zone_are_found_from_the_name_upwards_and_asked() -> None:
    records = {'firm.test': {'NS': ['ns1.firm.test.']}, 'ns1.firm.test': {'A': ['127.0.0.1']}}
    with DnsServer(records) as server:
        resolver = Resolver((server.address,), authority_port=server.port)
        authority = await resolver.authority(f'deep.{HOST}')
        assert (authority.zone, authority.nameservers) == ('firm.test', ('ns1.firm.test',))
        records[HOST] = {'A': ['192.0.2.1']}
        found = await resolver.ask_authority(authority, HOST, 'A')
    assert found and found[1].values == ('192.0.2.1',)


async def test_where_nobody_answers_it_is_not_asked_on_and_on() -> None:
    with DnsServer({}) as server:
        server.silent = True
        authority = await Resolver((server.address,), seconds=0.1).authority(f'a.b.c.d.e.{HOST}')
    assert (authority.zone, authority.servers) == ('', ())
    assert server.asked == [(f'a.b.c.d.e.{HOST}', 'NS')]


async def test_a_server_that_refuses_says_nothing_about_the_name() -> None:
    with DnsServer({HOST: {'REFUSED': ['x']}}) as server:
        assert await Resolver((server.address,)).first(HOST, 'A') == Answer(Heard.REFUSED)
