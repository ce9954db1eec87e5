"""A page with another page's title, and one with another page's text."""

import pytest
import requests

from acceptance.base.service_settings import HEADINGS
from acceptance.drivers.frontend.mix_ups import main_text, moved_on, title_of_another


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
