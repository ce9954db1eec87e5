"""How the browser names itself at each page."""

from acceptance.base.environment import load_environment
from acceptance.clients.browser import FIREFOX, IPHONE, MAC, MOBILE, PHONE, SAFARI, TABLET
from acceptance.drivers.frontend.devices import phone_of, tablet_of

PAGES = load_environment("kind").services.headings


def test_each_name_is_tried_at_a_page():
    assert [tablet_of(path, PAGES).agent for path in PAGES] == [MAC, SAFARI, MAC, FIREFOX]
    assert [phone_of(path, PAGES).agent for path in PAGES] == [IPHONE, MOBILE, IPHONE, MOBILE]


def test_the_screens_stay_as_they_are():
    assert {str(tablet_of(path, PAGES)) for path in PAGES} == {str(TABLET)}
    assert {str(phone_of(path, PAGES)) for path in PAGES} == {str(PHONE)}


def test_a_site_may_have_any_number_of_pages():
    assert tablet_of("/", ["/"]).agent == MAC
    assert tablet_of("/f", ["/a", "/b", "/c", "/d", "/e", "/f"]).agent == SAFARI
    assert tablet_of("/elsewhere", PAGES).agent == MAC


def test_every_telephone_says_that_it_is_one_and_every_tablet_that_it_is_a_mac():
    assert all("Mobile" in phone_of(path, PAGES).agent for path in PAGES)
    assert all("Macintosh" in tablet_of(path, PAGES).agent for path in PAGES)
