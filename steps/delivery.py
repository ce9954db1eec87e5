"""A change of the frontend, from its source to the page that users see. Source: plan 20.9."""

import secrets
import shutil
import time

import yaml
from pytest_bdd import then, when

from acceptance.base.paths import ROOT
from acceptance.base.waiting import ROLLED_OUT, eventually


@when("the text of the home page is changed and its image is built and pushed", target_fixture="new_text")
def build_changed_page(images, tmp_path, run, evidence):
    text = f"Text of run {run.id} {secrets.token_hex(3)}"
    source = tmp_path / "frontend"
    shutil.copytree(ROOT / "services" / "frontend", source, ignore=shutil.ignore_patterns("node_modules", "out"))
    page = source / "app" / "page.jsx"
    changed = page.read_text().replace("</h1>", f"</h1><p>{text}</p>", 1)
    assert text in changed, f"{page.name} has no heading to put a text after"
    page.write_text(changed)
    tag = f"run-{secrets.token_hex(4)}"
    began = time.monotonic()
    images.build_and_push(source, "frontend", tag, log=run.folder / "home-page.log")
    evidence.add("built and pushed", {"tag": tag, "seconds": round(time.monotonic() - began, 1)})
    return text, tag


@when("the image's tag is committed to Git")
def commit_tag(service, new_text, evidence):
    _, tag = new_text
    document = yaml.safe_load(service.overlay)
    for image in document["images"]:
        if image["name"] == "alternate-futures/frontend":
            image["newTag"] = tag
            # A digest would win over the tag.
            image.pop("digest", None)
    files = {service.path: yaml.safe_dump(document, sort_keys=False)}
    service.pushed = service.repository.commit(files, f"frontend-service: image {tag}")
    evidence.add("commit", service.pushed)


@then("the home page shows the new text")
def page_shows_text(service, web, environment, new_text, evidence):
    began = time.monotonic()
    text, _ = new_text

    def shown():
        answer = web.get(f"https://www.{environment.domain}/")
        assert answer.status_code == 200 and text in answer.text, f"HTTP {answer.status_code}, without the text"
        return True

    eventually(shown, within=ROLLED_OUT, what="the new text on the home page", hint=service.hint)
    evidence.add("from push to the first page with the new text", f"{time.monotonic() - began:.1f} s")
    service.wait_deployed(service.pushed, None)
