"""Rules of pg_hba.conf."""

from types import SimpleNamespace as Thing

import pytest

from acceptance.drivers.data.login_rules import sent_as_md5, unasked


@pytest.mark.parametrize(
    ("rule", "named"),
    [
        (("local", "all", "all", "", "scram-sha-256", ""), False),
        (("host", "all", "all", "all", "reject", ""), False),
        (("local", "all", "all", "", "trust", ""), True),
        (("host", "all", "all", "127.0.0.1", "md5", ""), False),
        (("host", "all", "all", "all", "ldap", ""), False),
        (("host", "all", "all", "all", "password", ""), True),
        (("host", "all", "all", "", "", "invalid IP address"), True),
    ],
)
def test_a_rule_that_asks_for_no_password_is_named(rule, named):
    assert bool(unasked({"yb-tserver-0": [rule]})) is named


@pytest.mark.parametrize(
    ("method", "verifier", "said"),
    [("md5", "SCRAM", []), ("md5", "MD5", ["support logs in by md5"]), ("scram-sha-256", "MD5", [])],
)
def test_md5_asks_for_a_password_where_no_verifier_is_in_md5(method, verifier, said):
    kept = {"SCRAM": "SCRAM-SHA-256$4096:c2FsdA==$a:b", "MD5": "md5" + 32 * "0"}[verifier]
    db = Thing(leader=lambda: "a", admin=None, ask=lambda *_, **__: [("support", kept)])
    assert sent_as_md5(db, {"yb-tserver-0": [("host", "all", "all", "all", method, "")]}) == said
