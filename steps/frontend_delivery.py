"""A change of the frontend, from its source to the page that users see. Source: plan 20.9."""

from pytest_bdd import then, when

from acceptance.clients.web import url
from acceptance.criteria.verdicts import NotSelected
from acceptance.drivers.frontend import kept_files, site
from acceptance.drivers.operations import frontend_delivery
from acceptance.drivers.services.service import Service


@when("the text of the home page is changed and its image is built and pushed", target_fixture="new_page")
def build_changed_page(environment, images, tmp_path, run, evidence):
    if environment.is_long_lived:
        raise NotSelected("there the services' own workflows build and push images; selected by --env=kind")
    log = run.folder / "home-page.log"
    page = frontend_delivery.build_changed_page(images, environment, tmp_path, run.id, log)
    evidence.add("built and pushed", {"tag": page.tag, "seconds": page.seconds})
    return page


@when("browsers keep of the site what it lets them keep", target_fixture="kept_files_before")
def keep_files(default, web, environment, evidence):
    exports = site.exports(Service(default, "frontend-service"), environment.services.export_folder)
    assert exports, "expected pods of the frontend with an export, saw none"
    kept = kept_files.held(web, environment, next(iter(exports.values())))
    evidence.add("kept for longer than pages", {address: seconds for address, (_, seconds) in kept.items()})
    return kept


@when("the image's tag is committed to Git", target_fixture="kept_page")
def commit_tag(service, new_page, web, environment, evidence):
    kept = web.get(url(environment.domain, "www"))
    evidence.add("commit", frontend_delivery.commit_tag(service, new_page.tag))
    return kept


@then("the home page shows the new text")
def page_shows_text(service, web, environment, new_page, evidence):
    took = frontend_delivery.wait_page(service, web, url(environment.domain, "www"), new_page.text)
    evidence.add("from push to the first page with the new text", f"{took:.1f} s")


@then("clients with a cached copy of the old page get the new one when they revalidate it")
def kept_page_is_replaced(web, environment, new_page, kept_page):
    address = url(environment.domain, "www")
    missed = frontend_delivery.stale(web, address, kept_page, new_page.text)
    hint = f"Try: curl -i -H 'If-Modified-Since: ...' {address}, with the Last-Modified of the page of before"
    assert not missed, (
        f"expected {address} with the new text for clients with a cached older copy, saw {missed}. {hint}"
    )


@then("no file that browsers still keep has changed")
def kept_files_stay(web, kept_files_before):
    wrong = kept_files.changed(web, kept_files_before)
    hint = "Try: curl -i ADDRESS, and look at its Cache-Control: only names that follow the content may be kept"
    assert not wrong, f"expected browsers to ask again for files whose names stay, but they still keep {wrong}. {hint}"
