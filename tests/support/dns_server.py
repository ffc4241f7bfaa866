"""A real name server on a loopback port, over UDP and TCP, whose records a test changes while it runs.

`DnsServer({'portal.firm.test': {'A': ['127.0.0.1']}})`; a name with a leading `!` refuses, a CNAME is followed within
what it knows, as a resolver does. It is both: the resolver that is asked, and the server of the zones it has an NS of.
"""

import socket
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdataclass
import dns.rdatatype
import dns.rrset

Zone = dict[str, dict[str, list[str]]]
TTL = 5


class DnsServer:
    """`address` goes into FOYER_DNS_RESOLVERS. `records` may be changed at any time; `silent` has it answer nothing."""

    def __init__(self, records: Zone | None = None) -> None:
        self.records: Zone = records or {}
        self.silent = False
        self.asked: list[tuple[str, str]] = []
        self._udp, self._tcp = _pair(self)
        self.port = int(self._udp.server_address[1])
        self._threads = [threading.Thread(target=one.serve_forever, args=(0.05,)) for one in (self._udp, self._tcp)]

    def __enter__(self) -> 'DnsServer':
        for one in self._threads:
            one.start()
        return self

    def __exit__(self, *_: object) -> None:
        for one in (self._udp, self._tcp):
            one.shutdown()
            one.server_close()
        for thread in self._threads:
            thread.join()

    @property
    def address(self) -> str:
        return f'127.0.0.1:{self.port}'

    def answer(self, question: bytes, *, over_udp: bool) -> bytes:
        """The answer to a question as it comes off the wire; empty for silence."""
        query = dns.message.from_wire(question)
        name, kind = query.question[0].name, dns.rdatatype.to_text(query.question[0].rdtype)
        self.asked.append((name.to_text(omit_final_dot=True), kind))
        if self.silent:
            return b''
        reply = dns.message.make_response(query, recursion_available=True)
        for text, found, values in self._lookup(name, kind):
            reply.answer.append(dns.rrset.from_text_list(text, TTL, 'IN', found, values))
        known = {dns.name.from_text(one) for one in self.records}
        if not reply.answer and not any(one.is_subdomain(name) for one in known):
            reply.set_rcode(dns.rcode.NXDOMAIN)
        if self.records.get(name.to_text(omit_final_dot=True), {}).get('REFUSED'):
            reply.set_rcode(dns.rcode.REFUSED)
        if over_udp:
            with suppress(dns.exception.TooBig):
                return reply.to_wire(max_size=1_232)
            cut = dns.message.make_response(query)
            cut.flags |= dns.flags.TC
            return cut.to_wire()
        return reply.to_wire(max_size=65_535)

    def _lookup(self, name: dns.name.Name, kind: str) -> Iterator[tuple[str, str, list[str]]]:
        for _ in range(8):
            here = self.records.get(name.to_text(omit_final_dot=True).lower(), {})
            if kind in here:
                yield name.to_text(), kind, here[kind]
            if 'CNAME' not in here or kind == 'CNAME':
                return
            yield name.to_text(), 'CNAME', here['CNAME']
            name = dns.name.from_text(here['CNAME'][0])


def _pair(server: DnsServer) -> tuple[socketserver.UDPServer, socketserver.TCPServer]:
    """Both on one port."""

    class OverUdp(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            data, line = self.request
            if answer := server.answer(data, over_udp=True):
                line.sendto(answer, self.client_address)

    class OverTcp(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            length = int.from_bytes(self.rfile.read(2), 'big')
            if answer := server.answer(self.rfile.read(length), over_udp=False):
                self.wfile.write(len(answer).to_bytes(2, 'big') + answer)

    while True:
        udp = socketserver.ThreadingUDPServer(('127.0.0.1', 0), OverUdp)
        try:
            tcp = socketserver.ThreadingTCPServer(udp.server_address, OverTcp)
        except OSError:
            udp.server_close()
            continue
        tcp.daemon_threads = udp.daemon_threads = True
        return udp, tcp


@contextmanager
def unanswered_port() -> Iterator[int]:
    """A port on which something listens and never says a word."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as mute:
        mute.bind(('127.0.0.1', 0))
        yield int(mute.getsockname()[1])
