"""A page with another page's title, and one with another page's text."""

from types import SimpleNamespace

import pytest
import requests

from acceptance.base.service_settings import HEADINGS
from acceptance.drivers.frontend import site
from acceptance.drivers.frontend.mix_ups import (
    is_bare,
    main_text,
    mixed_up,
    moved_on,
    title_of_another,
    title_of_nobody,
)
from acceptance.drivers.frontend.site import Opened


@pytest.mark.parametrize(
    ("title", "path", "other"),
    [
        ("Consulting", "/consulting", ""),
        ("Consulting | Alternate Futures", "/consulting", ""),
        ("Alternate Futures", "/consulting", ""),
        ("Products", "/consulting", "Products"),
        ("Our <b>products</b> &amp; more", "/consulting", "Products"),
        ("Web services - Products", "/products/web-services", ""),
        ("Products", "/", "Products"),
        ("Hosting | Products | Alternate Futures", "/products/web-services", ""),
        ("Alternate Futures - Products - Hosting", "/products/web-services", ""),
        ("Alternate Futures \N{EN DASH} Consulting", "/products", "Consulting"),
        ("Consulting | Alternate Futures", "/products", "Consulting"),
        ("Our consulting | Alternate Futures", "/products", "Consulting"),
        ("Alternate Futures: Consulting", "/products", "Consulting"),
        ("Alternate Futures Consulting", "/products", "Consulting"),
        ("Alternate Futures", "/products", ""),
        ("Alternate Futures: consulting and products", "/", ""),
    ],
)
def test_a_title_of_another_page(title, path, other):
    assert title_of_another(f"<head><title>{title}</title></head>", path, HEADINGS) == other


@pytest.mark.parametrize(
    ("document", "is_told"),
    [
        ("<title>Alternate Futures</title>", False),
        ("<title>Consulting | Alternate Futures</title>", False),
        ("<title>Our document store</title>", False),
        ("<title>Create Next App</title>", True),
        ("<title>Consulting | Create Next App</title>", True),
        ("<title> </title>", True),
        ("<title>Document</title>", True),
        ("<h1>Consulting</h1>", True),
    ],
)
def test_a_title_that_nobody_chose(document, is_told):
    assert bool(title_of_nobody(document)) is is_told


def test_a_page_is_told_by_what_is_below_its_heading():
    made = "<body><nav>Home</nav><main class='m'><h1>{}</h1><p>{}</p></main></body>"
    assert main_text(made.format("Consulting", "We &amp; you")) == main_text(made.format("Products", "We &amp; you"))
    assert main_text(made.format("Consulting", "We help")) != main_text(made.format("Products", "We sell"))
    assert main_text("<body><h1>Products</h1></body>") == ""


@pytest.mark.parametrize(
    ("headers", "text", "moves"),
    [
        ({}, "<html></html>", False),
        ({"Refresh": "10; url=/products"}, "<html></html>", True),
        ({}, '<meta http-equiv="refresh" content="8;url=/products">', True),
        ({}, '<meta http-equiv="X-UA-Compatible" content="IE=edge">', False),
    ],
)
def test_a_page_that_moves_its_visitors_on(headers, text, moves):
    answer = requests.Response()
    answer.headers.update(headers)
    answer._content = text.encode()
    assert bool(moved_on(answer)) is moves


MAIN = "<body><nav>Home</nav><main>{}</main></body>"


@pytest.mark.parametrize(
    ("served", "shown", "bare"),
    [
        (MAIN.format("<h1>Products</h1>"), MAIN.format("<h1>Products</h1>"), True),
        (MAIN.format("<h1>Products</h1><p> </p>"), MAIN.format("<h1>Products</h1><p></p>"), True),
        (MAIN.format("<h1>Products</h1><p>Two</p>"), MAIN.format("<h1>Products</h1><p>Two</p>"), False),
        (MAIN.format("<h1>Products</h1>"), MAIN.format("<h1>Products</h1><p>Two</p>"), False),
        (MAIN.format("<h1>Products</h1><img src='/a.png'>"), MAIN.format("<h1>Products</h1>"), False),
        (MAIN.format("<p>Our site</p>"), MAIN.format("<p>Our site</p>"), False),
        ("<body><h1>Products</h1></body>", "<body><h1>Products</h1></body>", False),
    ],
)
def test_a_page_of_which_only_the_heading_is_left(served, shown, bare):
    answer = requests.Response()
    answer._content = served.encode()
    assert is_bare(Opened("https://www.example.org/products", answer, shown)) is bare


@pytest.mark.parametrize("slash", ["", "/"])
@pytest.mark.parametrize("same", [False, True])
def test_a_page_with_a_slash_at_its_end_is_no_other_page(monkeypatch, slash, same):
    def answered(_, __, address):
        path = address.removeprefix("https://www.example.org")
        answer = requests.Response()
        answer.status_code, answer.url = 200, f"{address.rstrip('/')}{slash}"
        answer._content = MAIN.format(f"<h1>{HEADINGS[path]}</h1>Text of {'all' if same else path}").encode()
        return answer

    monkeypatch.setattr(site, "answered", answered)
    address = "https://www.example.org/consulting"
    environment = SimpleNamespace(domain="example.org", services=SimpleNamespace(headings=HEADINGS))
    opened = Opened(address, answered(None, "GET", address), "<title>Consulting</title>")
    assert bool(mixed_up(opened, None, environment)) is same
