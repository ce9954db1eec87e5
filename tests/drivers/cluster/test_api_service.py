"""New connections to the API's own Service: any answer of the API will do, silence or a stranger's will not."""

from types import SimpleNamespace as Thing

import pytest

from acceptance.drivers.cluster.api_service import FRESH_CONNECTIONS, reach_from_workers

OUTPUTS = Thing(workers=[Thing(name="one"), Thing(name="two")])
UNKNOWN = "tls: failed to verify certificate: x509: certificate signed by unknown authority"
STRANGE = "x509: cannot validate certificate for 10.96.0.1 because it doesn't contain any IP SANs"


class Pods:
    """A namespace whose pods are told something by each connection."""

    def __init__(self, *said, address="10.96.0.1"):
        self.said, self.asked = said, []
        service = Thing(spec=Thing(cluster_ip=address))
        self.cluster = Thing(core=Thing(read_namespaced_service=lambda *_: service))

    def wait_ready(self, _):
        pass

    def execute(self, pod, *command):
        self.asked.append((pod, command[2]))
        said = self.said[(len(self.asked) - 1) % len(self.said)]
        assert not said, f"get: {said}"
        return "ok"


@pytest.mark.parametrize("said", [UNKNOWN, "https://10.96.0.1/livez answered 401 Unauthorized", ""])
def test_whoever_answers_is_there(said):
    pods = Pods(said)
    assert reach_from_workers(pods, OUTPUTS) == f"{FRESH_CONNECTIONS} at https://10.96.0.1/livez"
    assert {pod for pod, _ in pods.asked} == {"client-one", "client-two"} and len(pods.asked) == FRESH_CONNECTIONS + 2


SILENCE = ("context deadline exceeded", "connect: no route to host", "connection refused")


@pytest.mark.parametrize("said", [*SILENCE, STRANGE])
def test_one_silence_in_several_is_told(said):
    with pytest.raises(AssertionError, match=f"number 2 failed: .*{said}"):
        reach_from_workers(Pods(UNKNOWN, UNKNOWN, UNKNOWN, said), OUTPUTS)


def test_an_address_of_ipv6_is_bracketed():
    pods = Pods("", address="fd00::1")
    reach_from_workers(pods, OUTPUTS)
    assert pods.asked[0][1] == "https://[fd00::1]/livez"
