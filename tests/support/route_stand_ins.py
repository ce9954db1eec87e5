"""Routes that tests create: the rules of an IngressRoute, without one."""

from acceptance.drivers.ingress import route_rules

WWW = "www.example.test"
FRONTEND = "default/frontend-service"


def route(*rules, namespace="default"):
    """The rules of an IngressRoute: pairs of a match and of what it leads to."""
    items = [{"kind": "Rule", "match": match, "services": services} for match, services in rules]
    manifest = {"metadata": {"name": "a", "namespace": namespace}, "spec": {"routes": items, "tls": {}}}
    return route_rules.rules_of(manifest)


def service(name, **more):
    """A Service that a rule leads to."""
    return {"name": name, "port": 3000, **more}


FINE = (f"Host(`{WWW}`)", [service("frontend-service")])
BACKEND = [service("backend-service")]
