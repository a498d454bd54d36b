import os

import pytest

from core import proxies

TELEGRAM = "https://api.telegram.org"


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in os.environ:
        if name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    return monkeypatch


@pytest.mark.parametrize("name", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"])
def test_the_usual_variables_are_read_in_either_case(
    environment: pytest.MonkeyPatch, name: str
) -> None:
    environment.setenv(name, "http://proxy:3128")

    assert proxies.of_environment(TELEGRAM) == "http://proxy:3128"


def test_the_scheme_of_the_url_decides_between_two(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("HTTP_PROXY", "http://plain:1")
    environment.setenv("HTTPS_PROXY", "http://secure:1")

    assert proxies.of_environment(TELEGRAM) == "http://secure:1"
    assert proxies.of_environment("http://bot-api:8081") == "http://plain:1"


def test_without_any_there_is_none() -> None:
    assert proxies.of_environment(TELEGRAM) is None


@pytest.mark.parametrize(
    "url",
    ["http://localhost:8081", "http://a.localhost", "http://127.0.0.2", "http://[::1]:8081/path"],
)
def test_this_machine_is_reached_without(url: str) -> None:
    assert proxies.is_bypassed(url)


@pytest.mark.parametrize("hosts", ["*", "telegram.org", ".telegram.org", "x, api.telegram.org:443"])
def test_no_proxy_names_what_is_reached_without(
    environment: pytest.MonkeyPatch, hosts: str
) -> None:
    environment.setenv("NO_PROXY", hosts)

    assert proxies.is_bypassed("https://api.telegram.org:443")


def test_what_no_proxy_does_not_name_is_not(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("NO_PROXY", "example.org,10.0.0.1")

    assert not proxies.is_bypassed(TELEGRAM)
