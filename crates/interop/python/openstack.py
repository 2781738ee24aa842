"""OpenStack's own client of the first version of its DNS, against a service: whatever it can do, and how it takes errors.

    openstack.py ENDPOINT JOE ANN OPERATOR

JOE, ANN and OPERATOR are tokens of accounts: the first two are tenants, the third has the admin role. Whatever is not as it
should be is an exception that ends the script. A model of the client's is checked by its own schema whenever it is made.
"""

import sys
import warnings

warnings.simplefilter("ignore")  # Of deprecation, all of them.

from designateclient import exceptions, warlock
from designateclient.v1 import Client
from designateclient.v1.domains import Domain
from designateclient.v1.records import Record
from designateclient.v1.servers import Server

UNKNOWN = "00000000-1111-2222-3333-444444444444"

TYPES = [
    ("www.client.example.", "A", "192.0.2.3", None),
    ("www.client.example.", "AAAA", "2001:db8::3", None),
    ("ftp.client.example.", "CNAME", "www.client.example.", None),
    ("client.example.", "MX", "mail.client.example.", 10),
    ("_sip._tcp.client.example.", "SRV", "0 5060 sip.client.example.", 30),
    ("client.example.", "TXT", 'Some "example" \\text', None),
    ("client.example.", "SPF", "v=spf1 +mx -all", None),
    ("sub.client.example.", "NS", "ns.example.org.", None),
    ("client.example.", "SSHFP", "2 1 123456789abcdef67890123456789abcdef67890", None),
    ("*.wild.client.example.", "A", "192.0.2.4", None),
]


def main(endpoint, joe, ann, operator):
    def client(token, **more):
        return Client(endpoint=endpoint, token=token, **more)

    domains(client(joe), client(ann))
    records(client(joe), client(ann))
    errors(client(joe), client("no-such-token"))
    quotas(client(joe), client(operator), client(operator, all_tenants=True))
    servers(client(operator), client(joe))
    everybody(client(operator), client(operator, all_tenants=True), client(joe))
    editing = client(operator, all_tenants=True, edit_managed=True)
    managed(client(joe), client(joe, edit_managed=True), client(operator, all_tenants=True), editing)
    ends(client(joe))


def domains(joe, ann):
    made = joe.domains.create(Domain(name="client.example.", email="joe@example.org"))
    assert (made.name, made.ttl, made.description, made.updated_at) == ("client.example.", 3600, None, None), made
    assert joe.domains.get(made.id) == made
    assert [domain.id for domain in joe.domains.list()] == [made.id]
    assert ann.domains.list() == []
    made.ttl, made.description = 300, "Grüße"
    changed = joe.domains.update(made)
    assert (changed.ttl, changed.description, changed.serial > made.serial) == (300, "Grüße", True), changed
    joe.touch.domain(made.id)
    assert joe.domains.get(made.id).serial > changed.serial
    assert {server.name for server in joe.domains.list_domain_servers(made.id)} == {"ns1.example.net.", "ns2.example.net."}
    reverse = joe.domains.create(Domain(name="2.0.192.in-addr.arpa.", email="joe@example.org", ttl=60))
    pointer = joe.records.create(reverse, Record(name="3.2.0.192.in-addr.arpa.", type="PTR", data="www.client.example."))
    joe.records.delete(reverse, pointer)
    joe.domains.delete(reverse)
    raises(exceptions.NotFound, "domain_not_found", joe.domains.get, reverse.id)


def records(joe, ann):
    domain = only(joe.domains.list())
    managed = joe.records.list(domain)
    assert [(record.type, record.ttl) for record in managed] == [("SOA", None), ("NS", None), ("NS", None)], managed
    for name, kind, data, priority in TYPES:
        given = {"name": name, "type": kind, "data": data}
        if priority is not None:
            given["priority"] = priority
        made = joe.records.create(domain, Record(**given))
        assert (made.name, made.type, made.data, made.priority) == (name, kind, data, priority), made
        assert joe.records.get(domain, made.id) == made == joe.records.get(domain.id, made.id)
        assert made in joe.records.list(domain)
        made.description = "changed"
        made = joe.records.update(domain, made)
        assert (made.description, made.data, made.updated_at is None) == ("changed", data, False), made
    assert len(joe.records.list(domain.id)) == len(managed) + len(TYPES)

    # A record set shines through: one name, one time to live.
    first = joe.records.create(domain, Record(name="set.client.example.", type="A", data="192.0.2.1", ttl=60))
    second = joe.records.create(domain, Record(name="set.client.example.", type="A", data="192.0.2.2", ttl=7200))
    assert second.ttl == 60, second
    second.ttl, second.name = 120, "moved.client.example."
    joe.records.update(domain, second)
    first = joe.records.get(domain, first.id)
    assert (first.name, first.ttl) == ("moved.client.example.", 120), first
    first.ttl = None
    assert joe.records.update(domain, first).ttl is None

    # Each of the two alone, which the former server did not survive.
    exchange = next(record for record in joe.records.list(domain) if record.type == "MX")
    exchange.priority = 20
    exchange = joe.records.update(domain, exchange)
    assert (exchange.priority, exchange.data) == (20, "mail.client.example."), exchange
    exchange.data = "mail2.client.example."
    exchange = joe.records.update(domain, exchange)
    assert (exchange.priority, exchange.data) == (20, "mail2.client.example."), exchange

    raises(exceptions.NotFound, "domain_not_found", ann.records.list, domain)
    raises(exceptions.NotFound, "domain_not_found", ann.records.create, domain, Record(name="x.client.example.", type="A", data="192.0.2.1"))
    raises(exceptions.NotFound, "domain_not_found", ann.records.delete, domain, first)
    joe.records.delete(domain, first)
    joe.records.delete(domain.id, second.id)
    raises(exceptions.NotFound, "record_not_found", joe.records.get, domain, first.id)


def errors(joe, stranger):
    domain = only(joe.domains.list())
    raises(exceptions.Forbidden, "unauthorized", stranger.domains.list)
    raises(exceptions.NotFound, "domain_not_found", joe.domains.get, UNKNOWN)
    raises(exceptions.NotFound, "domain_not_found", joe.touch.domain, UNKNOWN)
    raises(exceptions.NotFound, None, joe.domains.get, "no-uuid")
    raises(exceptions.NotFound, None, joe.diagnostics.ping, "central", "host")
    raises(exceptions.NotFound, "record_not_found", joe.records.delete, domain, UNKNOWN)
    raises(exceptions.Conflict, "duplicate_domain", joe.domains.create, Domain(name="client.example.", email="a@example.org"))
    address = Record(name="www.client.example.", type="A", data="192.0.2.3")
    raises(exceptions.Conflict, "duplicate_record", joe.records.create, domain, address)
    alias = Record(name="www.client.example.", type="CNAME", data="x.client.example.")
    raises(exceptions.BadRequest, "invalid_recordset_location", joe.records.create, domain, alias)
    outside = Record(name="www.other.example.", type="A", data="192.0.2.3")
    raises(exceptions.BadRequest, "invalid_recordset_location", joe.records.create, domain, outside)
    authority = Record(name="client.example.", type="SOA", data="a. b. 1 2 3 4 5")
    raises(exceptions.BadRequest, "bad_request", joe.records.create, domain, authority)
    # The client's schema looks at no formats, so that the service has to.
    wrong = raises(exceptions.BadRequest, "invalid_object", joe.domains.create, Domain(name="client", email="nobody"))
    assert wrong.code == 400 and str(wrong) == "Provided object does not match schema", wrong
    assert {(error["path"], error["validator"]) for error in wrong.errors} == {("name", "format"), ("email", "format")}, wrong.errors
    assert wrong.request_id.startswith("req-"), wrong.request_id
    wrong = raises(exceptions.BadRequest, "invalid_object", joe.records.create, domain, Record(name="a.client.example.", type="A", data="x"))
    assert [error["validator"] for error in wrong.errors] == ["oneOf"], wrong.errors
    # And this, the client finds out itself.
    for broken in ({"name": "a.client.example.", "type": "A"}, {"name": "a.", "type": "CAA", "data": "x"}):
        try:
            Record(**broken)
        except ValueError:
            continue
        raise AssertionError(broken)
    www = next(record for record in joe.records.list(domain) if record.type == "CNAME")
    www.name = "client.example."
    raises(exceptions.BadRequest, "invalid_recordset_location", joe.records.update, domain, www)
    www = joe.records.get(domain, www.id)
    www.name = "www.client.example."
    raises(exceptions.BadRequest, "invalid_recordset_location", joe.records.update, domain, www)
    for change in (lambda: setattr(www, "ttl", 0), lambda: setattr(www, "priority", 65536)):
        try:
            change()
        except warlock.InvalidOperation:
            continue
        raise AssertionError("the client's own schema was not asked")


def quotas(joe, operator, over_all):
    tenant = only([line["id"] for line in over_all.reports.tenants_all()])
    usual = joe.quotas.get(tenant)
    assert usual == {"domains": 10, "domain_records": 500, "domain_recordsets": 500, "recordset_records": 20}, usual
    raises(exceptions.Forbidden, "forbidden", joe.quotas.update, tenant, {"domains": 1})
    assert over_all.quotas.update(tenant, {"domains": 1}) == usual | {"domains": 1}
    assert operator.quotas.get(tenant)["domains"] == 1
    # Which the client, since then, tells by its general word for what may not be.
    raises(exceptions.Forbidden, "over_quota", joe.domains.create, Domain(name="more.example.", email="a@example.org"))
    over_all.quotas.reset(tenant)
    assert joe.quotas.get(tenant) == usual


def servers(operator, joe):
    raises(exceptions.Forbidden, "forbidden", joe.servers.list)
    raises(exceptions.Forbidden, "forbidden", joe.servers.create, Server(name="ns9.example.net."))
    made = operator.servers.create(Server(name="ns3.example.net."))
    assert operator.servers.get(made.id) == made
    raises(exceptions.Conflict, "duplicate_server", operator.servers.create, Server(name="ns3.example.net."))
    made.name = "ns4.example.net."
    assert operator.servers.update(made).name == "ns4.example.net."
    domain = only(joe.domains.list())
    seen = {record.data for record in joe.records.list(domain) if record.type == "NS" and record.name == domain.name}
    assert seen == {"ns1.example.net.", "ns2.example.net.", "ns4.example.net."}, seen
    operator.servers.delete(made)
    raises(exceptions.NotFound, "server_not_found", operator.servers.get, made.id)
    first, second = sorted(operator.servers.list(), key=lambda server: server.name)
    operator.servers.delete(second.id)
    raises(exceptions.BadRequest, "last_server_delete_not_allowed", operator.servers.delete, first)
    operator.servers.create(Server(name=second.name))


def everybody(operator, over_all, joe):
    assert operator.domains.list() == []
    domain = only(joe.domains.list())
    raises(exceptions.NotFound, "domain_not_found", operator.domains.get, domain.id)
    assert over_all.domains.get(domain.id) == domain
    assert domain in over_all.domains.list()
    raises(exceptions.Forbidden, "forbidden", joe.reports.count_all)
    raises(exceptions.Forbidden, "forbidden", joe.sync.sync_all)
    count = len(joe.records.list(domain))
    counts = over_all.reports.count_all()
    assert counts == over_all.reports.count_domains() | over_all.reports.count_records() | over_all.reports.count_tenants()
    assert counts["tenants"] == 1 and counts["records"] >= count, (counts, count)
    assert operator.reports.count_all() == {"domains": 0, "records": 0, "tenants": 0}
    tenant = only(over_all.reports.tenants_all())
    assert tenant["domain_count"] == 1, tenant
    assert over_all.reports.tenant_domains(tenant["id"]) == [{"domain": domain.name}]
    over_all.sync.sync_all()
    over_all.sync.sync_domain(domain.id)
    over_all.sync.sync_record(domain.id, joe.records.list(domain)[0].id)
    raises(exceptions.NotFound, "domain_not_found", over_all.sync.sync_domain, UNKNOWN)


def managed(joe, joe_editing, over_all, editing):
    domain = only(joe.domains.list())
    authority = joe.records.list(domain)[0]
    authority.data = authority.data.replace(" 3600 600 ", " 7200 900 ")
    for client in (joe, over_all):
        raises(exceptions.BadRequest, "bad_request", client.records.update, domain, authority)
        raises(exceptions.BadRequest, "bad_request", client.records.delete, domain, authority)
    raises(exceptions.Forbidden, "forbidden", joe_editing.domains.list)
    assert " 7200 900 " in editing.records.update(domain, authority).data


def ends(joe):
    domain = only(joe.domains.list())
    child = joe.domains.create(Domain(name="child.client.example.", email="joe@example.org"))
    raises(exceptions.BadRequest, "domain_has_subdomain", joe.domains.delete, domain)
    inside = Record(name="www.child.client.example.", type="A", data="192.0.2.1")
    raises(exceptions.BadRequest, "invalid_recordset_location", joe.records.create, domain, inside)
    joe.domains.delete(child.id)
    joe.domains.delete(domain)
    raises(exceptions.NotFound, "domain_not_found", joe.records.list, domain)
    assert joe.domains.list() == []


def only(things):
    assert len(things) == 1, things
    return things[0]


def raises(kind, error_type, call, *arguments):
    try:
        answer = call(*arguments)
    except exceptions.RemoteError as error:
        assert type(error) is kind and error.type == error_type, (error, vars(error), arguments)
        return error
    raise AssertionError((call, arguments, answer))


if __name__ == "__main__":
    main(*sys.argv[1:])
