"""The logs that are read for a request: those of its services, and the ingress's."""

from types import SimpleNamespace as Thing

from acceptance.drivers.services import service_logs
from acceptance.drivers.services.service_logs import on_the_way


def test_the_ingress_is_read_as_the_services_are(monkeypatch):
    class Service:
        def __init__(self, namespace, name):
            self.namespace, self.name = namespace, name

        def log(self, since):
            return {f"{self.namespace.name}/{self.name}-1": [f"since {since}"]}

    monkeypatch.setattr(service_logs, "Service", Service)
    default = Thing(cluster="the cluster", name="default")
    logs = on_the_way([Service(default, "auth-service"), Service(default, "backend-service")], 7)
    assert logs == {
        "default/auth-service-1": ["since 7"],
        "default/backend-service-1": ["since 7"],
        "traefik/traefik-1": ["since 7"],
    }
