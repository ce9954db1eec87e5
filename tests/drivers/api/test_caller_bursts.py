"""Many callers of auth at once."""

import json
from types import SimpleNamespace as Thing

from acceptance.base.service_settings import ServiceSettings
from acceptance.drivers.api.caller_bursts import broken, burst


def test_each_pod_is_called_by_one_client():
    asked = []

    def redis(*words):
        asked.append(words)
        return json.dumps({"statuses": {"401": 20, "429": 44}})

    pods = [Thing(metadata=Thing(name=f"auth-{n}"), status=Thing(pod_ip=f"10.244.1.{n}")) for n in (1, 2)]
    client = Thing(settings=ServiceSettings(), headers={"X-Client-Id": "scenario-0a"}, redis=redis)
    seen = burst(Thing(running=lambda: pods, port=3001), client)
    assert seen == {"auth-1": {"401": 20, "429": 44}, "auth-2": {"401": 20, "429": 44}}
    assert {words[2] for words in asked} == {f"http://10.244.1.{n}:3001/api/auth/siwe" for n in (1, 2)}
    assert all(words[3:5] == ("64", "32") and words[-1] == "X-Client-Id: scenario-0a" for words in asked)
    assert broken(seen) == {}


def test_an_error_of_auths_own_is_told():
    seen = {"auth-1": {"401": 20, "429": 44}, "auth-2": {"401": 10, "503": 54}}
    assert broken(seen) == {"auth-2": {"401": 10, "503": 54}}
