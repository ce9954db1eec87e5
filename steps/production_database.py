"""What production renders of YugabyteDB, where something else stands in for it here. Source: 6.1, 6.2, 6.6, 6.9."""

from pytest_bdd import parsers, then

from acceptance.drivers.data import production_database

HINT = "Try: kubectl kustomize --load-restrictor LoadRestrictionsNone k8s/database/overlays/production"


@then(parsers.parse("production has three YugabyteDB nodes of {floor} or newer"))
def production_has_nodes(platform, floor):
    found = production_database.too_few(platform.rendering.production("database"), floor)
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
