"""The site's pages and files, as browsers get them."""

from urllib.parse import urljoin

from pytest_bdd import parsers, then, when

from acceptance.clients.web import url
from acceptance.drivers import site


@when(parsers.parse('the page "{path}" is opened in a browser'), target_fixture="opened")
def open_page(web, routes, frontend_service, environment, outputs, pebble, path, evidence):
    opened = site.open_page(web, environment, outputs, pebble, path)
    seen = {"status": opened.answer.status_code, "loads": opened.resources, "console": opened.console}
    evidence.add(f"GET {opened.url}", seen)
    if opened.picture:
        evidence.add_picture(f"{path} in Chromium", opened.picture)
    else:
        evidence.add("browser", "there is no Chromium here: judged by what the server answers alone")
    return opened


@then(parsers.parse('it is the page that the site has at "{path}", with its logo'))
def page_is(opened, web, environment, path):
    answer, heading = opened.answer, environment.services.headings[path]
    seen = f"GET {opened.url}: {answer.status_code} {site.type_of(answer)}"
    assert (answer.status_code, site.type_of(answer)) == (200, "text/html"), f"expected a page, saw {seen}"
    assert opened.headings == {heading}, f"expected the heading {heading!r} at {opened.url}, saw {opened.headings}"
    logo = environment.services.logo_path
    assert f'src="{logo}"' in opened.document, f"expected the logo {logo} at {opened.url}"
    status = web.get(urljoin(opened.url, logo)).status_code
    assert status == 200, f"GET {logo}: {status}"


@then("all that it loads comes from the site, and works")
def page_is_whole(opened):
    assert len(opened.resources) > 1, f"{opened.url} loads nothing: no style, no script, no picture"
    assert not opened.broken, f"expected 200 from the site for all that {opened.url} loads, saw {opened.broken}"


@then("its pods have a Next.js static export, all the same", target_fixture="export")
def pods_have_export(service, environment, evidence):
    folder = environment.services.export_folder
    exports = site.exports(service, folder)
    evidence.add("files by pod", {name: len(files) for name, files in exports.items()})
    bad = [name for name, files in exports.items() if not site.is_next_export(files)]
    assert exports and not bad, f"expected a static export of Next.js in {folder} of each pod, not in {bad}"
    kinds = {tuple(sorted(files.items())) for files in exports.values()}
    assert len(kinds) == 1, f"the pods have different exports: {sorted(exports)}"
    return dict(kinds.pop())


@then("users get every file of the export as it is")
def export_is_served(web, routes, environment, export, evidence):
    evidence.add("files", {site.path_of(file): digest[:16] for file, digest in sorted(export.items())})
    wrong = site.not_served(web, environment, export)
    assert not wrong, f"expected every file of the export at its path, saw {wrong}"
    home = site.text_of(web.get(url(environment.domain, "www")))
    assert "/_next/static/" in home, "the home page uses nothing of the export"


@then(parsers.parse('its probes ask for GET "{path}"'))
def probes_ask(service, path, evidence):
    seen = site.probe_targets(service)
    evidence.add("probes", seen)
    assert set(seen.values()) == {(path, service.port)}, f"expected GET {path} on port {service.port}, saw {seen}"


@then(parsers.parse('{asset} comes as "{wanted}"'))
def asset_type(web, routes, environment, asset, wanted, evidence):
    home = url(environment.domain, "www")
    paths = site.asset_paths(site.text_of(web.get(home)), asset)
    assert paths, f"the home page names no such file: {asset}"
    answers = [web.get(urljoin(home, path)) for path in paths]
    evidence.add(asset, {answer.url: dict(answer.headers) for answer in answers})
    wrong = [text for answer in answers if (text := site.wrong_type(answer, wanted))]
    assert not wrong, f"expected {wanted}, saw {wrong}"
