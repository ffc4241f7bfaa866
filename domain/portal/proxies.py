"""Proxies that stand in front of many domains, known by the addresses they publish."""

from ipaddress import ip_address, ip_network

# https://www.cloudflare.com/ips/, https://api.fastly.com/public-ip-list, both as of 2026-11.
RANGES = {
    'Cloudflare': (
        '103.21.244.0/22', '103.22.200.0/22', '103.31.4.0/22', '104.16.0.0/13', '104.24.0.0/14', '108.162.192.0/18',
        '131.0.72.0/22', '141.101.64.0/18', '162.158.0.0/15', '172.64.0.0/13', '173.245.48.0/20', '188.114.96.0/20',
        '190.93.240.0/20', '197.234.240.0/22', '198.41.128.0/17', '2400:cb00::/32', '2606:4700::/32', '2803:f800::/32',
        '2405:b500::/32', '2405:8100::/32', '2a06:98c0::/29', '2c0f:f248::/32',
    ),
    'Fastly': ('151.101.0.0/16', '199.232.0.0/16', '146.75.0.0/17', '2a04:4e40::/32'),
}  # fmt: skip
_NETWORKS = [(name, ip_network(one)) for name, ranges in RANGES.items() for one in ranges]


def proxy_at(addresses: tuple[str, ...]) -> str:
    """The name of the proxy whose addresses these are, all of them; empty if it is none that is known."""
    names = {next((name for name, network in _NETWORKS if ip_address(one) in network), '') for one in addresses}
    return names.pop() if len(names) == 1 else ''
