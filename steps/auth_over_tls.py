"""A copy of the backend whose auth service has an https URL."""

from pytest_bdd import then, when

from acceptance.drivers.api.graphql import LOGS, ask
from acceptance.drivers.api.graphql_variants import with_data
from acceptance.drivers.api.tls_auth import CLEAR, over_tls


@when("the ConfigMap is changed to an https URL, and the copy is restarted", target_fixture="tls_auth")
def change_to_https(configured, data_client, environment, evidence):
    with over_tls(data_client.namespace) as auth:
        changed = auth.url + environment.services.auth_url_end
        configured.set(changed)
        evidence.add("AUTH_SERVICE_URL with https", changed)
        configured.copy.restart()
        yield auth


@then("the copy sends no token there in clear text, and gives no data to its client")
def copy_speaks_tls(tls_auth, configured, signed_in, data_client, environment, evidence):
    settings = environment.services
    asked = ask(configured.copy.api(data_client), settings, settings.protected_query, signed_in["jwt"])
    heard = tls_auth.heard()
    evidence.add("what the copy said first to an https URL", heard or "nothing that the other side logs")
    assert heard != CLEAR, (
        f"expected the copy to speak TLS to an https URL, but it sent HTTP in clear text. Try: {LOGS}"
    )
    assert not (said := with_data(asked)), f"expected no data where auth's certificate is nobody's, but {said}"
