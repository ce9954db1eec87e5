"""What is printed from an apply's log while it grows."""

from acceptance.infrastructure import aws_apply_log
from acceptance.infrastructure.aws_apply_log import followed, lines_after
from acceptance.infrastructure.aws_prices import Apply

GATEWAY = "module.networking.aws_nat_gateway.this"
EARLIER = f"Plan: 7 to add\n{GATEWAY}: Creation complete after 9s\nterraform_data.dns (local-exec): earlier\n"
NOW = f"""Plan: 9 to add
terraform_data.dns (local-exec): Executing: ["scripts/await-dns.sh"]
terraform_data.dns (local-exec): www.example. A 192.0.2.1
{GATEWAY}: Creation complete after 9s
terraform_data.kubeconfig (local-exec): open a tunnel"""


def test_only_whole_lines_are_read_until_the_end(tmp_path):
    log = tmp_path / "log"
    assert lines_after(log, 0, to_the_end=False) == ("", 0)
    log.write_text("one\ntw")
    assert lines_after(log, 0, to_the_end=False) == ("one\n", 4)
    assert lines_after(log, 4, to_the_end=False) == ("", 4)
    assert lines_after(log, 4, to_the_end=True) == ("tw", 6)


def test_what_scripts_ask_for_and_what_is_there_are_said_but_not_of_an_earlier_apply(tmp_path, monkeypatch):
    said = []
    monkeypatch.setattr(aws_apply_log, "say", said.append)
    log = tmp_path / "log"
    log.write_text(EARLIER)
    with followed(log, Apply({})), log.open("a") as file:
        file.write(NOW)
    assert said == [
        "  www.example. A 192.0.2.1", "  open a tunnel",
        "  1 of 9 resources created, costing about 0.05 US dollars an hour",
    ]  # fmt: skip
