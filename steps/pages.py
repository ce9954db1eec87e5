"""The site's pages and files as browsers get them."""

from pytest_bdd import parsers, then, when

from acceptance.drivers.frontend import (
    assets,
    kept_files,
    languages,
    links,
    logos,
    many_visits,
    missing_files,
    mix_ups,
    networks,
    screenshots,
    second_visits,
    site,
    visitors,
    visits,
)
from acceptance.drivers.services.answer_headers import kept_for


@when(parsers.parse('the page "{path}" is opened in a browser'), target_fixture="opened")
def open_page(web, routes, frontend_service, environment, outputs, pebble, path, evidence, tmp_path):
    opened = visits.open_page(web, environment, outputs, pebble, path, tmp_path / "browser")
    seen = {"status": opened.answer.status_code, "loads": opened.resources, "console": opened.console}
    evidence.add(f"GET {opened.url}", seen)
    if opened.picture:
        evidence.add_picture(f"{path} in Chromium", opened.picture)
    else:
        evidence.substitute("a browser", "what the server answers, and the files that it names")
    return opened


@then(parsers.parse('it is the site\'s page for "{path}", with the logo'))
def page_is(opened, web, environment, path):
    heading, logo = environment.services.headings[path], environment.services.logo_path
    opened.is_page()
    assert opened.headings == {heading}, f"expected the heading {heading!r} at {opened.url}, saw {opened.headings}"
    assert not logo or logos.shows_logo(opened, logo, web), f"expected the logo {logo} on {opened.url}"
    assert not mix_ups.is_bare(opened), f"expected {opened.url} to have more than its heading, saw nothing below it"


@then("it does not have the title, text or look of another page of the site")
def page_is_seen(opened, web, environment, outputs, pebble):
    # A page that a style sheet hides has its heading in the document, but no visitor sees it. Only a browser can tell.
    if opened.picture:
        screenshots.wait_seen(opened, environment, outputs, pebble)
    mixed_up = mix_ups.mixed_up(opened, web, environment)
    assert not mixed_up, f"expected {opened.url} to be a page of its own, but {mixed_up}"


@then("whoever comes back sees it, too: on a large screen, in dark mode, in German, with a link of a mail")
def page_is_seen_again(opened, web, environment, outputs, pebble):
    if opened.picture:
        second_visits.wait_seen_again(opened, web, environment, outputs, pebble)


@then("everything that it loads comes from the site with status 200 and the right media type")
def page_is_whole(opened):
    assert len(opened.resources) > 1, (
        f"expected {opened.url} to load style sheets, scripts or pictures, but it loads nothing"
    )
    assert not opened.broken, f"expected 200 from the site for all that {opened.url} loads, saw {opened.broken}"
    wrong = assets.wrong_in_browser(opened)
    assert not wrong, f"expected all that {opened.url} loads to have its right media type, saw {wrong}"


@then("it and everything that it loads are the same on every request")
def page_stays(opened, web):
    changing = site.changing(web, opened)
    assert not changing, f"expected the same answer every time for {opened.url} and all that it loads, saw {changing}"


@then("many visits to it all get the same page")
def page_is_never_another(opened, web):
    odd = many_visits.odd_visits(web, opened.url)
    assert not odd, f"expected the same page for each of {many_visits.VISITS} visits to {opened.url}, saw {odd[:5]}"


@then("a returning visitor's browser revalidates it after an hour at the latest")
def page_is_not_kept(opened, web, evidence):
    seconds = kept_for(opened.answer)
    evidence.add("seconds for which browsers keep the page", seconds)
    assert seconds <= visitors.KEPT, (
        f"expected browsers to cache {opened.url} for {visitors.KEPT} s at most, saw {seconds} s"
    )
    kept = kept_files.texts_kept(web, opened)
    assert not kept, f"expected what followed links load to be cached for {visitors.KEPT} s at most, saw {kept}"


@then("every visitor gets it, regardless of language, device or how they arrived")
def page_is_for_everybody(opened, web, environment, evidence):
    headings = environment.services.headings
    evidence.add("visitors", [*visitors.VISITORS, *languages.of_page(opened.url, headings)])
    wrong = visitors.turned_away(web, opened) + languages.turned_away(web, opened, headings)
    hint = "Try: curl -i -H 'Accept-Language: de' ADDRESS, and look at how the frontend chooses what it answers"
    assert not wrong, f"expected {opened.url} and all that it loads for every visitor, saw {wrong[:10]}. {hint}"


@then("its pods all have the same Next.js static export", target_fixture="export")
def pods_have_export(service, environment, evidence):
    folder = environment.services.export_folder
    exports = site.exports(service, folder)
    evidence.add("files by pod", {name: len(files) for name, files in exports.items()})
    bad = [name for name, files in exports.items() if not site.is_next_export(files)]
    assert exports and not bad, f"expected a static export of Next.js in {folder} of each pod, not in {bad or 'any'}"
    kinds = {tuple(sorted(files.items())) for files in exports.values()}
    assert len(kinds) == 1, f"expected the same export in each pod, but these differ: {sorted(exports)}"
    return dict(kinds.pop())


@then("users get every file of the export unchanged")
def export_is_served(web, routes, environment, export, evidence):
    evidence.add("files", {site.path_of(file): digest[:16] for file, digest in sorted(export.items())})
    wrong = site.not_served(web, environment, export)
    assert not wrong, f"expected every file of the export at its path, saw {wrong}"
    without = [page for page, text in site.pages(web, environment).items() if "/_next/static/" not in text]
    assert not without, f"expected each page to use files of the export, but these do not: {without}"


@then("the export has every file that its pages reference or need")
def export_is_complete(web, routes, environment, export):
    wrong = site.incomplete(web, environment, export)
    assert not wrong, f"expected the export to have all files that its pages need, missing by page: {wrong}"
    dead = links.leading_nowhere(web, environment, export)
    assert not dead, f"expected each link to lead to an existing page, saw broken links by page: {dead}"


@then("browsers ask again for files that are not there")
def missing_files_are_not_kept(web, routes, environment, export):
    wrong = missing_files.taken_for_granted(web, environment, export)
    assert not wrong, f"expected 404 for files that are not there, kept for {visitors.KEPT} s at most, saw {wrong}"


@then(parsers.parse('at each pod the kubelet gets what visitors get from GET "{path}"'))
def probes_see_the_page(service, data_client, path):
    wrong = site.shown_to_probes(service.pod_doors(data_client), path)
    assert not wrong, f"expected the kubelet's probe to get the page that visitors get, saw {wrong}"


@then(parsers.parse('at each pod visitors of every network get the same from GET "{path}"'))
def networks_see_the_page(service, data_client, path):
    wrong = networks.turned_away(service.pod_doors(data_client), path)
    assert not wrong, f"expected the same page for visitors of every network, saw {wrong}"


@then(parsers.parse('its probes use GET "{path}"'))
def probes_ask(service, path, evidence):
    seen = site.probe_targets(service)
    evidence.add("probes", seen)
    assert set(seen.values()) == {(path, service.port)}, (
        f"expected the probes of {service.name} to GET {path} on port {service.port}, saw {seen}"
    )


@then(parsers.parse('{asset} is served as "{wanted}"'))
def asset_type(web, routes, environment, asset, wanted, evidence):
    logo = environment.services.logo_path
    found = assets.addresses(site.pages(web, environment), asset, logo)
    moved = asset != assets.EVERY and asset.strip('"') != logo
    if moved:
        evidence.substitute(asset, logo or "the pictures that the pages name")
    wrong = assets.wrong_types(web, found, None if moved or asset == assets.EVERY else wanted)
    evidence.add(asset, {address: assets.expected_type(address) for address in found})
    assert found and not wrong, f"expected {asset} as {wanted}, saw {wrong or 'no such file named by any page'}"


@then("everything that a browser loads with the home page has the media type that its name implies")
def types_in_browser(web, routes, frontend_service, environment, outputs, pebble, evidence):
    opened = visits.open_page(web, environment, outputs, pebble, "/")
    evidence.add("types in the browser", opened.types)
    if not opened.picture:
        evidence.substitute("a browser", "requests that say what a browser's do")
    wrong = assets.wrong_in_browser(opened)
    has_types = opened.types or not opened.picture
    assert has_types and not wrong, f"expected media types that match the files' names, saw {wrong or 'none'}"
