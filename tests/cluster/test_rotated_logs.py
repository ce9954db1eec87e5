"""What a container logged before its log was rotated."""

from types import SimpleNamespace

from acceptance.base.errors import UserError
from acceptance.cluster import rotated_logs

POD = SimpleNamespace(
    metadata=SimpleNamespace(name="traefik-1", namespace="traefik", uid="some-uid"),
    spec=SimpleNamespace(node_name="worker", containers=[SimpleNamespace(name="traefik")]),
)
FOLDER = "/api/v1/nodes/worker/proxy/logs/pods/traefik_traefik-1_some-uid/traefik"
LIST = """<pre>
<a href="0.log">0.log</a>
<a href="0.log.20261130-101010.gz">0.log.20261130-101010.gz</a>
<a href="0.log.20261130-215612">0.log.20261130-215612</a>
</pre>"""
LINES = """2026-11-30T21:56:11.1Z stdout P {"a":
2026-11-30T21:56:11.1Z stdout F  1}
2026-11-30T21:56:11.2Z stderr F {"b": 2}
"""


def of(answers):
    """A cluster whose API server has these answers by path."""

    def kubectl(verb, option, path):
        if path not in answers:
            raise UserError(f"no {path}", "none")
        return answers[path]

    return SimpleNamespace(kubectl=kubectl)


def test_the_last_rotated_file_is_read_without_what_the_runtime_adds():
    answers = {f"{FOLDER}/": LIST, f"{FOLDER}/0.log.20261130-215612": LINES}
    assert rotated_logs.rotated(of(answers), POD) == '{"a": 1}\n{"b": 2}\n'


def test_there_is_nothing_before_a_rotation_or_where_the_kubelet_serves_no_files():
    assert rotated_logs.rotated(of({f"{FOLDER}/": '<a href="0.log">0.log</a>'}), POD) == ""
    assert rotated_logs.rotated(of({}), POD) == ""
