"""What production renders of YugabyteDB, where something else stands in for it. Source: 6.1 to 6.3, 6.6, 6.8, 6.9."""

from pytest_bdd import parsers, then

from acceptance.drivers.data import production_database, production_listeners, production_memory, production_quorum

HINT = "Try: kubectl kustomize --load-restrictor LoadRestrictionsNone k8s/database/overlays/production"


@then(parsers.parse("production has three YugabyteDB nodes of {floor} or newer"))
def production_has_nodes(platform, floor):
    manifests = platform.rendering.production("database")
    found = production_database.missing(manifests, platform.environment)
    found += production_database.too_few(manifests, floor) + production_quorum.astray(manifests)
    assert not found, f"expected three nodes of YugabyteDB {floor} in production, but {'; '.join(found)}. {HINT}"


@then("production keeps YugabyteDB's data on claimed volumes")
def production_keeps_data(platform):
    found = production_database.off_volume(platform.rendering.production("database"))
    assert not found, f"expected production's data on claimed volumes, but {'; '.join(found)}. {HINT}"


@then("production's YugabyteDB requires a password")
def production_asks(platform):
    found = production_database.unasked(platform.rendering.production("database"))
    assert not found, f"expected production's database to require a password, but {'; '.join(found)}. {HINT}"


@then("production's YugabyteDB keeps three replicas")
def production_keeps_replicas(platform):
    found = production_database.too_few_copies(platform.rendering.production("database"))
    assert not found, f"expected three replicas of all data in production, but {'; '.join(found)}. {HINT}"


@then("production's YugabyteDB serves SQL and its admin UI there, too")
def production_serves(platform):
    found = production_listeners.wrong_services(platform.rendering.production("database"))
    assert not found, (
        f"expected production to serve SQL and the admin UI at these names, but {'; '.join(found)}. {HINT}"
    )


@then(parsers.parse("production's YugabyteDB replaces a lost leader within {seconds:d} seconds"))
def production_replaces_leader(platform, seconds):
    found = production_database.too_slow(platform.rendering.production("database"), seconds)
    assert not found, f"expected a new leader within {seconds} s in production, but {'; '.join(found)}. {HINT}"


@then("production's YugabyteDB may not use more memory than its containers have")
def production_fits_memory(platform):
    found = production_memory.beyond_limits(platform.rendering.production("database"))
    assert not found, f"expected servers that the kernel does not kill under load, but {'; '.join(found)}. {HINT}"
