"""Whom a client trusts: all whose certificates are in a file, of which AWS's own are read first.

To read all of certifi's takes 17 ms of CPU, a tenth of a start. AWS's services are vouched for by AWS's own roots; if
one of them ever is not, the others are read.
"""

import re
import ssl
from functools import cache
from pathlib import Path

# By the labels that certifi gives them; https://www.amazontrust.com/repository says which they are.
LABEL = r'# Label: "(?:Amazon Root CA [1-4]|Starfield Services Root Certificate Authority - G2)"\n'
AWS_ROOT = re.compile(LABEL + r"(?:#.*\n)*(-----BEGIN CERTIFICATE-----\n[^-]+-----END CERTIFICATE-----\n)")


@cache
def first_trust(path: str) -> ssl.SSLContext:
    """AWS's roots out of a file; all of them, where it has none of those. One for all addresses, as the other."""
    found = AWS_ROOT.findall(Path(path).read_text(encoding="utf-8"))
    return ssl.create_default_context(cadata="".join(found)) if found else whole_trust(path)


@cache
def whole_trust(path: str) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=path)
