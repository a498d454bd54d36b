"""Finds the environment's proxy for a URL, in the variables that curl and browsers read too."""

from ipaddress import ip_address
from urllib.parse import urlsplit
from urllib.request import getproxies_environment, proxy_bypass

VARIABLES = "HTTPS_PROXY, HTTP_PROXY or ALL_PROXY"


def of_environment(url: str) -> str | None:
    """Read HTTPS_PROXY or HTTP_PROXY, by the URL's scheme, else ALL_PROXY; in either case."""
    proxies = getproxies_environment()
    return proxies.get(urlsplit(url).scheme) or proxies.get("all")


def is_bypassed(url: str) -> bool:
    """Whether the URL is reached directly: it is on this machine, or NO_PROXY names its host."""
    host = urlsplit(url).hostname or ""
    return _is_loopback(host) or bool(proxy_bypass(urlsplit(url).netloc))


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:  # a name
        return host == "localhost" or host.endswith(".localhost")
