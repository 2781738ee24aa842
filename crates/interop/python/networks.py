"""For schemathesis: each request comes from a network of its own, and whatever has no body is said to be JSON where it must be.

The service counts strangers' requests by network, and would soon refuse them all. It believes the header of a proxy that
it trusts. And the Designate dialect looks at the content type before anything else, body or no body, as the living server
does.
"""

import itertools
from ipaddress import IPv4Address

import schemathesis

SOURCES = map(str, map(IPv4Address, itertools.count(int(IPv4Address("100.64.0.1")))))

DESIGNATE = ("/v1/", "/domains/")


@schemathesis.hook
def before_call(_context, case, _kwargs):
    case.headers = {**(case.headers or {}), "X-Forwarded-For": next(SOURCES)}
    undeclared = case.method.upper() != case.operation.method.upper()
    if case.path.startswith(DESIGNATE) and (undeclared or not list(case.operation.body)):
        case.headers.setdefault("Content-Type", "application/json")
