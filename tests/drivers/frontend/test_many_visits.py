"""Visits to a page of which one in a hundred gets another one."""

import itertools
import threading

import pytest
import requests

from acceptance.drivers.frontend.many_visits import VISITS, odd_visits


class Web:
    """A site whose every `each` answer is another page; with a `nonce`, no two answers are alike."""

    def __init__(self, each=0, nonce=False, status=200):
        self.each, self.nonce, self.status = each, nonce, status
        self.count, self.lock = itertools.count(1), threading.Lock()

    def get(self, address):
        with self.lock:
            number = next(self.count)
        odd = self.each and number % self.each == 0
        made = requests.Response()
        made.status_code = self.status if odd else 200
        text = f"<h1>{'Home' if odd else 'Products'}</h1>" + (f"<script nonce={number}>" if self.nonce else "")
        made._content = text.encode()
        return made


@pytest.mark.parametrize("nonce", [False, True])
@pytest.mark.parametrize(("each", "odd"), [(0, 0), (100, 3)])
def test_a_page_that_few_visitors_get_is_seen(nonce, each, odd):
    found = odd_visits(Web(each, nonce), "https://www.example.test/products")
    assert [text.partition(",")[0] for text in found] == ([f"{odd} of {VISITS} times 200"] if odd else [])


def test_an_error_now_and_then_is_seen():
    (found,) = odd_visits(Web(150, status=503), "https://www.example.test/")
    assert found.startswith(f"2 of {VISITS} times 503")
