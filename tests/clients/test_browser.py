"""The browser, where it does not come to an end; what it shows is tested beside what judges it."""

import pytest

from acceptance.clients import browser


def test_a_page_that_never_comes_to_rest_is_told(tmp_path, monkeypatch):
    program = tmp_path / "chromium"
    program.write_text("#!/bin/sh\nexec sleep 60\n")
    program.chmod(0o755)
    monkeypatch.setattr(browser, "TIMEOUT", 0.2)
    with pytest.raises(AssertionError, match="keeps a browser busy"):
        browser.open_page(program, "https://www.example.test/", domain="example.test", address="127.0.0.1:1")
