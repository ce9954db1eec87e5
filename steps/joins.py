"""How workers joined, and whether another machine still could: the join token, and what it leads to."""

import functools

from pytest_bdd import then

from acceptance.clients.caller import Caller
from acceptance.drivers.cluster import (
    controller_duties,
    join_requests,
    kubeadm_discovery,
    kubelet_identities,
    token_signatures,
)
from acceptance.drivers.cluster.machines import certificate_requesters, issued_tokens, judge_k3s_joins, wrong_token


@then("each worker requested its certificate with the join token", target_fixture="join_tokens")
def workers_joined_with_token(cluster, outputs, evidence):
    judge_k3s_joins(cluster, outputs)
    issued, joined = issued_tokens(cluster), certificate_requesters(cluster)
    evidence.add("who asked for the certificate of each node", joined)
    other = [worker.name for worker in outputs.workers if joined.get(worker.name) not in issued]
    assert issued and not other, (
        f"expected workers to join as one of {sorted(issued)}, {other} did not; joined as {joined}"
    )
    return {issued[joined[worker.name]] for worker in outputs.workers}


@then("the API knows each worker's kubelet by its machine's name")
def kubelets_are_themselves(cluster):
    wrong = kubelet_identities.mistaken(cluster)
    hint = "Try there: kubectl --kubeconfig /etc/kubernetes/kubelet.conf auth whoami"
    assert not wrong, f"expected each worker's kubelet to be system:node:ITS-NAME to the API, saw {wrong}. {hint}"


@then("the API accepts that token")
def token_accepted(cluster, join_tokens):
    for token in join_tokens:
        user = Caller(cluster, token).user()
        assert user.startswith("system:bootstrap:"), (
            f"expected the join token to belong to system:bootstrap, saw {user}"
        )


@then("that token is authorized to create certificate signing requests")
def token_joins(cluster, join_tokens):
    lacking = {text for token in join_tokens for text in kubeadm_discovery.lacking_rights(cluster, token)}
    assert not lacking, (
        f"expected a token that can join a machine, but the join token may not {' and '.join(sorted(lacking))}"
    )


@then("a machine reads with it the settings that a join takes")
def settings_are_read(cluster, join_tokens):
    lacking = {text for token in join_tokens for text in kubeadm_discovery.lacking_settings(cluster, token)}
    hint = "Try: kubectl -n kube-system get configmap kubelet-config kubeadm-config"
    assert not lacking, f"expected the settings that a join takes, but {'; '.join(sorted(lacking))}. {hint}"


@then("a certificate that a machine requests with it is approved and issued, and is deleted again")
def certificate_is_issued(cluster, join_tokens, evidence):
    seen = [join_requests.issued_to(cluster, token) for token in sorted(join_tokens)]
    evidence.add("whom the certificates that the join token requested are for", seen)
    refused = [text for subject in seen if (text := join_requests.refused_node(cluster, subject))]
    assert not refused, f"expected the API to list a machine that joins, saw {refused}. Try: {join_requests.HINT}"


@then("the controller managers give a machine what it needs when it joins, or returns after three days")
def joined_machines_are_served(cluster):
    found = controller_duties.neglected(cluster)
    hint = "Try: grep -- -- /etc/kubernetes/manifests/kube-controller-manager.yaml on each control plane"
    assert not found, f"expected all that a machine needs when it joins or returns, but {'; '.join(found)}. {hint}"


@then("every worker reaches the API at the address and with the CA that a new machine discovers with that token")
def token_leads_to_api(cluster, outputs, join_tokens, evidence):
    server, authority = kubeadm_discovery.address_and_authority(kubeadm_discovery.told_to(cluster, join_tokens))
    ask = functools.partial(kubeadm_discovery.answered_there, cluster, server=server, authority=authority)
    seen = {machine.name: ask(machine.name) for machine in outputs.workers}
    evidence.add(f"what the API says to a worker at {server}", seen)
    assert set(seen.values()) == {"ok"}, (
        f"expected each worker to get `ok` from the API at {server}, saw {seen}. Try: {kubeadm_discovery.HINT}"
    )


@then("what a new machine discovers is signed with a join token that is new, too")
def new_tokens_are_signed(cluster, join_tokens, evidence):
    # Somebody else's cluster may let the suite create no token.
    evidence.add("signed with", "nothing" if cluster.is_attached else token_signatures.sign_new_token(cluster))


@then("the API rejects a wrong join token")
def wrong_token_refused(cluster, join_tokens):
    for token in join_tokens:
        answer = Caller(cluster, wrong_token(token)).who_am_i()
        assert answer.status_code == 401, (
            f"expected 401 for a wrong join token, saw {answer.status_code}: {answer.text[:200]}"
        )
