"""What is redacted from a text as a secret, and what is not."""

import base64

import pytest
from planted_secrets import KEY, SECRETS, letters

from acceptance.base import secrecy
from acceptance.base.errors import UserError
from acceptance.base.secrecy import redact, register_secret
from acceptance.clients.process import run


@pytest.fixture(autouse=True)
def forget(monkeypatch):
    """Register no secrets, and forget those of this test afterwards."""
    monkeypatch.setattr(secrecy, "REGISTER", secrecy.Register())


@pytest.mark.parametrize("name", SECRETS)
def test_nothing_else_is_taken_out(name):
    register_secret(SECRETS[name])
    text = 'level=info msg="it is" uid=8d0f5c1e-1111-2222-3333-444455556666 -----BEGIN CERTIFICATE-----'
    assert redact(text) == text
    assert redact(f"<{SECRETS[name].strip()}>") == "<[redacted]>"


def test_what_is_too_short_is_no_secret():
    register_secret("abcde")
    register_secret("a\n")
    assert redact("abcde a") == "abcde a"


def test_a_part_of_a_long_value_is_found_and_what_is_around_it_stays():
    long = register_secret(letters(80))
    assert redact(f"'{long[:30]}...{long[-30:]}'") == "'[redacted]...[redacted]'"
    assert redact(f"xyz.{long[20:60]}.xyz") == "xyz.[redacted].xyz"
    other = register_secret(long[:40] + letters(40))
    assert redact(f"{other} {long}") == "[redacted] [redacted]"


def test_base64_that_a_program_wraps_is_found():
    register_secret(KEY)
    for width in (64, 76):
        text = base64.b64encode(KEY.encode()).decode()
        wrapped = [text[at : at + width] for at in range(0, len(text), width)]
        assert not any(line in redact("\n".join(wrapped)) for line in wrapped if len(line) > 16)


def test_a_value_of_several_lines_hides_its_words_but_no_addresses():
    register_secret("server: https://127.0.0.1:6443\npassword: s3cr3t-w0rd\n")
    assert redact("the password is s3cr3t-w0rd") == "the password is [redacted]"
    assert redact("connect to https://127.0.0.1:6443") == "connect to https://127.0.0.1:6443"


def test_a_programs_log_and_its_error_hold_no_secret(tmp_path):
    log = tmp_path / "log"
    log.write_text("before\n")
    register_secret(SECRETS["plain"])
    with pytest.raises(UserError) as error:
        run(["sh", "-c", "echo $0 is; echo wrong; exit 3", SECRETS["plain"]], log=log)
    assert log.read_text() == "before\n[redacted] is\nwrong\n"
    assert SECRETS["plain"] not in str(error.value) and "[redacted] is" in str(error.value)


def test_a_command_is_not_cut_through_a_secret():
    register_secret(SECRETS["plain"])
    with pytest.raises(UserError) as error:
        run(["sh", "-c", "exit 3", "x" * 178, SECRETS["plain"]])
    assert SECRETS["plain"][:6] not in str(error.value)
