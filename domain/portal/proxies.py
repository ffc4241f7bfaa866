"""Proxies that stand in front of many domains, known by what each puts into every answer, its errors included.

Not by their addresses: lists of these grow old.
"""

from collections.abc import Mapping

MARKS = (  # whose it is; the header, and how what it holds begins
    ('Cloudflare', 'cf-ray', ''),
    ('CloudFront', 'x-amz-cf-id', ''),
    ('Fastly', 'x-served-by', 'cache-'),
    ('Akamai', 'server', 'akamaighost'),
    ('Sucuri', 'x-sucuri-id', ''),
    ('Bunny', 'server', 'bunnycdn'),
)


def proxy_of(headers: Mapping[str, str]) -> str:
    """Whose proxy answers with these headers, in lower case; empty if it is none that is known."""
    for name, header, beginning in MARKS:
        if header in headers and headers[header].startswith(beginning):
            return name
    return ''
