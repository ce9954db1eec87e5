"""Many protected queries at once, and how they were answered."""

import json
from types import SimpleNamespace as Thing

import pytest

from acceptance.base.service_settings import ServiceSettings
from acceptance.drivers.api.query_bursts import burst, other_answers


@pytest.mark.parametrize(
    ("statuses", "wrong"),
    [({"503": 300}, False), ({"503": 200, "429": 100}, False), ({"503": 299, "200": 1}, True), ({"500": 300}, True)],
)
def test_each_pod_is_asked_and_other_answers_are_seen(statuses, wrong):
    sent = []

    def through(*arguments):
        sent.append(arguments)
        return json.dumps({"statuses": statuses})

    pods = [Thing(metadata=Thing(name=f"b-{n}"), status=Thing(pod_ip=f"10.0.0.{n}")) for n in (1, 2)]
    seen = burst(Thing(running=lambda: pods, port=4000), through, ServiceSettings(), "jwt", 300)
    assert bool(other_answers(seen, 503)) is wrong and [*seen] == ["b-1", "b-2"]
    assert sorted(url for _, _, url, *_ in sent) == [f"http://10.0.0.{n}:4000/graphql" for n in (1, 2)]
    assert {(count, at_once, bearer) for *_, count, at_once, _, bearer in sent} == {
        ("300", "32", "Authorization: Bearer jwt")
    }
