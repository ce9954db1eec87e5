"""Which logins the database accepts, and which it rejects."""

import secrets

from pytest_bdd import parsers, then

from acceptance.base.labels import SCENARIO_LABEL
from acceptance.drivers.api import pool_sizes
from acceptance.drivers.data import database_rights, poolers, production_jobs, production_limits
from acceptance.drivers.data.database import SCHEMA, SERVICE
from acceptance.drivers.data.database_logins import (
    LET_IN,
    attempt,
    attempts,
    cut_short,
    ending,
    guessable,
    not_served,
    rules_by_membership,
    superusers_beside,
    turned_away,
    unknown_roles,
)
from acceptance.drivers.data.login_rules import rules, sent_as_md5, unasked
from acceptance.drivers.data.member_access import guessed, not_served_by_members, taking_orders
from acceptance.drivers.data.next_start import files, unasked_rules
from acceptance.drivers.data.password_rotation import APPLICATION, lost_on_rotation, of_another_user, once_everywhere
from acceptance.drivers.data.ruling_functions import ruling_functions
from acceptance.drivers.services.latency import beside
from acceptance.drivers.services.service import Service


@then("a client with the credentials of DATABASE_URL creates, writes, reads and drops a table")
def credentials_accepted(db, evidence):
    right_credentials(db, evidence)
    name = f"{SCHEMA}.scenario_{secrets.token_hex(4)}"
    for statement in (f"create table {name} (id int)", f"insert into {name} values (42)"):
        db.ask(SERVICE, statement)
    rows = db.ask(SERVICE, f"select id, current_user::text, current_database()::text from {name}")
    db.ask(SERVICE, f"drop table {name}")
    expected = [(42, db.login.user, db.login.database)]
    assert rows == expected, f"expected the row written by {expected[0][1:]}, saw {rows}"


@then("a pod on each of the services' nodes queries the database with DATABASE_URL from the Secret")
def pods_use_database_url(db, default, auth_service, backend_service, evidence):
    with beside(db.client, Service(default, "auth-service"), Service(default, "backend-service")) as clients:
        evidence.add("machines asked from", sorted(clients))
        wrong = not_served(clients, db.login.user) or not_served_by_members(db, clients)
    assert clients and not wrong, f"expected the database to answer each machine's pod as {db.login.user}, saw {wrong}"


@then(parsers.parse("none of their sessions or statements has a timeout below {seconds:d} seconds"))
def queries_may_take_time(db, platform, seconds):
    found = cut_short(db, seconds) + production_limits.cut_short(platform.rendering.production(APPLICATION), seconds)
    hint = "Try: select rolname, rolconfig from pg_roles; select * from pg_db_role_setting"
    assert not found, f"expected the services' queries to be allowed {seconds} s, but {'; '.join(found)}. {hint}"


@then("they are accepted for as many concurrent connections as the services' pods may open")
def enough_at_once(db, default, platform, environment, auth_service, backend_service, evidence):
    pools, now = ({}, 0) if db.is_yugabytedb else pool_sizes.after_bursts(db, default, environment.services)
    apps = default.cluster.apps
    found = apps.list_namespaced_deployment(default.name, label_selector=f"!{SCENARIO_LABEL}").items
    count = pool_sizes.with_pools(found, pools, now)
    evidence.add("connections opened at once", {"of a busy pod": pools, "held already": now, "opened": count})
    found = production_limits.refused(turned_away(db, count), platform, count)
    hint = "Try: select rolname, rolconnlimit from pg_roles; show max_connections"
    assert not found, f"expected the database to accept {count} concurrent connections, but {found}. {hint}"


@then("they have no expiry date")
def credentials_stay(db):
    found = ending(db)
    hint = "Try: select rolname, rolvaliduntil from pg_roles; ALTER ROLE ... VALID UNTIL 'infinity'"
    assert not found, f"expected credentials without an expiry date, but {'; '.join(found)}. {hint}"


@then("a rotated password would reach their role at the next sync, which deletes no rows")
def rotation_reaches_role(db):
    found = lost_on_rotation(db)
    hint = "Try: kubectl get configmap yugabytedb-init -o yaml; kubectl logs job/yugabytedb-init"
    assert not found, (
        f"expected init.sql to set each new password for the role and to delete nothing, but {found}. {hint}"
    )


@then("the job that sets it runs in each sync")
def each_sync_sets_it(platform, argocd):
    stuck = production_jobs.stuck(platform.rendering.production(APPLICATION))
    found = once_everywhere(platform, argocd) + [f"production's {text}" for text in stuck]
    hint = "Try: kubectl get job yugabytedb-init -o yaml; its annotation argocd.argoproj.io/hook, its variables"
    assert not found, f"expected the job with init.sql to run in each sync, but {'; '.join(found)}. {hint}"


@then("that job sets it for the role in DATABASE_URL")
def sync_sets_it_for_the_role(db, argocd):
    found = of_another_user(db, argocd.manifests(APPLICATION))
    hint = "Try: kubectl get secret database-credentials -o jsonpath={.data.POSTGRES_USER} | base64 -d"
    assert not found, f"expected init.sql to set the password of DATABASE_URL's role, but {'; '.join(found)}. {hint}"


@then("the Service and every node accept a client with the right credentials")
def right_credentials(db, evidence):
    seen = {place: attempt(db, place, db.login) for place in db.places()}
    evidence.add("answers to the right credentials", seen)
    others = {place: answer for place, answer in seen.items() if answer != LET_IN}
    assert len(seen) > 1 and not others, (
        f"expected the Service and every member to accept DATABASE_URL's credentials, saw {others or 'one place only'}"
    )


@then(parsers.parse("the Service and every node reject {kind} for each role and database"))
def wrong_credentials(db, kind, evidence):
    seen = attempts(db, kind)
    evidence.add(f"answers to {kind}, asked from {db.client.address()}", seen)
    let_in = {who: answer for who, answer in seen.items() if answer.startswith(LET_IN)}
    assert seen and not let_in, f"expected {kind} to be rejected everywhere, but these logins succeeded: {let_in}"


@then("no other port of a Service lets its role in with a wrong password")
def no_pooler_lets_in(db):
    found = poolers.let_in(db)
    assert not found, f"expected a wrong password to be refused at every port, but these let it in: {', '.join(found)}"


@then("every rule in each node's pg_hba.conf requires a password")
def no_rule_trusts(db, evidence):
    seen = rules(db)
    evidence.add("rules of pg_hba.conf", {member: [list(rule) for rule in rows] for member, rows in seen.items()})
    found = unasked(seen) + sent_as_md5(db, seen)
    assert not found, f"expected every rule of pg_hba.conf to require a password, saw {found}"


@then("no node takes orders without a password")
def no_orders_without_password(db):
    found = taking_orders(db)
    hint = "Try: kubectl get statefulset yb-tserver -o yaml; PATRONI_RESTAPI_USERNAME and PATRONI_RESTAPI_PASSWORD"
    assert not found, f"expected 401 or 403 for PATCH /config at each node's Patroni, saw {found}. {hint}"
    common = guessed(db)
    assert not common, f"expected a password for Patroni that nobody guesses, but {'; '.join(common)}. {hint}"


@then("so does every rule that the nodes read at their next start")
def no_rule_will_trust(cluster, evidence):
    found = {name: unasked_rules(settings) for name, settings in files(cluster).items()}
    evidence.add("rules without a password in Patroni's file, by ConfigMap", found)
    wrong = [rule for rules in found.values() for rule in rules]
    assert not wrong, f"expected every rule in Patroni's file to require a password, saw {wrong}"


@then("no role has a common password, or its own name as password")
def no_common_password(db):
    found = guessable(db)
    assert not found, f"expected passwords that nobody guesses, but {', '.join(found)} has a common one"


@then("no role has a password that is not in one of the platform's Secrets")
def no_other_password(db, platform_secrets):
    found = unknown_roles(db, platform_secrets.values)
    assert not found, (
        f"expected roles to have only passwords from the platform's Secrets, but {', '.join(found)} has another"
    )
    rulers = superusers_beside(db) + rules_by_membership(db) + ruling_functions(db) + database_rights.given(db)
    assert not rulers, (
        f"expected the services' password to give no administrator rights, but it gives those of {rulers}"
    )
