"""Where secret values are: in Git under the controller's key alone, in Secrets, and in the pods that use them."""

from pytest_bdd import given, then, when

from acceptance.drivers.secrets import deleted_branches, git_leaks, sealing, secret_search, secret_use


@given(
    "every version of every file on every branch of every repository, including deleted branches",
    target_fixture="versions",
)
def every_version(git, cluster, repository, evidence):
    # Kept objects are listed first: anything pushed later is on a branch by the time the versions are read.
    kept = [(item, deleted_branches.objects_kept(cluster, git, item)) for item in git_leaks.repositories(cluster, git)]
    found = {item.name: deleted_branches.every_version_kept(item, identities) for item, identities in kept}
    evidence.add("texts in Git, by repository", {name: len(versions) for name, versions in found.items()})
    assert found["platform"], "expected texts in the platform's repository, but it is empty"
    return {place: text for versions in found.values() for place, text in versions.items()}


@then("none of them is a Secret or contains a secret value")
def no_secret_in_git(versions, platform_secrets, git, cluster):
    values = git_leaks.secret_values({**platform_secrets.values, "git": git_leaks.credentials(cluster, git)})
    every = secret_search.of_cluster(cluster, values)
    found = [*git_leaks.leaks(versions, values), *secret_search.held_in(secret_search.texts_of_git(versions), every)]
    found += secret_search.given_away_in_git(versions)
    assert not found, f"expected no secret in Git, saw {found}. {git_leaks.HINT}"


@then("each sealed value can be decrypted with the cluster's key")
def opens_with_key(sealed_secrets, repository, platform_secrets, tmp_path):
    manifests = sealing.sealed_in_git(repository)
    assert manifests, "expected SealedSecrets below k8s/secrets/ in Git, saw none"
    wrong = sealing.wrong_when_opened(sealed_secrets, manifests, platform_secrets.values, tmp_path)
    assert not wrong, (
        f"expected SealedSecrets in Git with the values of the cluster's Secrets, but these have others: {wrong}"
    )


@then("no version of any can be decrypted without a key or with another cluster's key")
def does_not_open(sealed_secrets, versions, tmp_path, evidence):
    evidence.add("refusals", sealing.refusals(sealed_secrets, git_leaks.sealed_texts(versions), tmp_path))


@given("a sealed Secret in the cluster", target_fixture="value")
def sealed_secret(sealed_secrets, namespace):
    return sealing.seal_new_value(sealed_secrets, namespace)


@when("a pod takes its value as an environment variable and as a file")
def pod_takes_value(namespace, value):
    mounts = [{"name": "secret", "mountPath": "/etc/secret", "readOnly": True}]
    volumes = [{"name": "secret", "secret": {"secretName": sealing.USED}}]
    namespace.run_pod("user", container={"env": sealing.FROM_SECRET, "volumeMounts": mounts}, volumes=volumes)


@then("the pod sees the value both ways")
def pod_sees_value(namespace, value):
    for way, command in (("variable", ("env", "VALUE")), ("file", ("read", "/etc/secret/VALUE"))):
        assert namespace.execute("user", "/probe", *command) == value, (
            f"expected the sealed value in pod user in {namespace.name} as {way}, saw another value"
        )


@then("the platform's pods take their secret values only from Secrets, here and in production")
def taken_from_secrets(platform, cluster, platform_secrets, evidence):
    here, there = secret_use.running_workloads(cluster), secret_use.production_workloads(platform)
    evidence.add("Secrets by workload here", secret_use.references(here))
    evidence.add("Secrets by workload in production", secret_use.references(there))
    wrong = secret_use.otherwise(here + there, platform_secrets.values)
    assert there and not wrong, f"expected secret values from Secrets only, saw {wrong or 'no workload in production'}"


@then("no object of the platform except Secrets contains a secret value or a plaintext credential, in any namespace")
def only_secrets_hold(platform, cluster, platform_secrets, evidence):
    values = secret_search.of_cluster(cluster, git_leaks.secret_values(platform_secrets.values))
    items = [*secret_search.objects(cluster), *secret_use.production_workloads(platform)]
    evidence.add("searched", {"values": sorted(values), "objects": len(items)})
    found = secret_search.in_clear(items, values)
    assert len(items) > 1 and not found, f"expected secret values in Secrets only, saw {found or 'hardly any object'}"
