"""Exports of Next.js: what one is, and what a page of it lacks."""

import pytest

from acceptance.drivers.frontend import site


@pytest.mark.parametrize(
    ("file", "path"),
    [
        ("./index.html", "/"),
        ("./consulting.html", "/consulting"),
        ("./consulting/index.html", "/consulting/"),
        ("./404.html", site.MISSING),
        ("./404/index.html", site.MISSING),
        ("./_next/static/chunks/a.js", "/_next/static/chunks/a.js"),
    ],
)
def test_where_a_file_of_an_export_is_served(file, path):
    assert site.path_of(file) == path


def test_what_is_an_export_of_next():
    manifest = {"./_next/static/abc/_buildManifest.js": "1"}
    assert site.is_next_export({**manifest, "./index.html": "2"})
    assert not site.is_next_export(manifest)
    assert not site.is_next_export({"./index.html": "2"})


def test_what_a_page_of_an_export_lacks():
    page = 'href="/_next/static/css/a.css"/><script>self.__next_f.push([1,"[\\"/_next/static/chunks/%5Bid%5D-b.js\\"'
    whole = dict.fromkeys(("./_next/static/css/a.css", "./_next/static/chunks/[id]-b.js", "./products.txt"), "1")
    assert site.lacking("./products.html", page, whole) == []
    assert site.lacking("./404.html", page, {**whole, "./404.html": "1"}) == []
    assert site.lacking("./products.html", page, {}) == sorted(whole)
    assert site.lacking("./products.html", "<script>'/_next/static/chunks/'</script>", {}) == []
