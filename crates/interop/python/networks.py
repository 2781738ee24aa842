"""For schemathesis: each request comes from a network of its own.

The service counts strangers' requests by network, and would soon refuse them all. It believes the header of a proxy that
it trusts.
"""

import itertools
from ipaddress import IPv4Address

import schemathesis

SOURCES = map(str, map(IPv4Address, itertools.count(int(IPv4Address("100.64.0.1")))))


@schemathesis.hook
def before_call(_context, case, _kwargs):
    case.headers = {**(case.headers or {}), "X-Forwarded-For": next(SOURCES)}
