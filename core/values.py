"""Validates the values of settings.

The message of a ValueError goes on after the value, and never repeats it: `"Mars" is no time zone`.
"""

import re
from datetime import timedelta
from pathlib import Path, PurePath
from typing import Annotated, Any, Literal
from urllib.parse import unquote, urlsplit
from zoneinfo import ZoneInfo

from pydantic import Field, SecretStr

PROJECT = Path(__file__).resolve().parent.parent


def sqlite_url(path: PurePath) -> str:
    return f"sqlite+aiosqlite:///{path.as_posix()}"


def project_path(path: Path) -> Path:
    """Resolve a relative path against the project's folder, wherever the program was started."""
    if "?" in str(path):
        raise ValueError("has a question mark")
    try:
        return PROJECT / path.expanduser()
    except RuntimeError as error:  # ~somebody
        raise ValueError("begins with the home folder of nobody") from error


_SQLITE = re.compile(r"sqlite(?:\+aiosqlite)?:///(?P<path>[^?]+)(?P<options>\?.*)?")
_POSTGRESQL = re.compile(
    r"postgres(?:ql)?(?:\+asyncpg)?://"
    r"(?P<server>(?:[^:/]*(?::[^@]*)?@)?(?:\[[^/?]+\]|[^:/?@]*)(?::\d+)?)"
    r"/(?P<name>[^?]+)(?P<options>\?.*)?"
)


def async_url(url: str) -> str:
    """Return the database URL with its asynchronous driver.

    Hosting services hand out `postgres://…?sslmode=require`: asyncpg calls that option `ssl`.
    """
    if found := _SQLITE.fullmatch(url):
        if found["path"].startswith((":memory:", "file:")):
            raise ValueError("is a database in memory, which forgets what was accepted")
        return sqlite_url(project_path(Path(found["path"]))) + (found["options"] or "")
    if found := _POSTGRESQL.fullmatch(url):
        options = re.sub(r"([?&])sslmode=", r"\1ssl=", found["options"] or "")
        return f"postgresql+asyncpg://{found['server']}/{found['name']}{options}"
    raise ValueError(_unfit(url))


def _unfit(url: str) -> str:
    scheme, _, driver = url.partition("://")[0].partition("+")
    if not url.startswith(("postgres", "sqlite")):
        return "begins neither with postgresql:// nor with sqlite:///"
    if driver not in {"", "asyncpg", "aiosqlite"}:
        return "names a driver, which has to be left out"
    if scheme == "sqlite":
        return "is not of the form sqlite:///path/of/file.db"
    return "is not of the form postgresql://user:password@host:5432/name"


def address(url: str) -> str:
    """Return where a database of ours is: its URL without driver, user, password and options."""
    if found := _POSTGRESQL.fullmatch(url):
        return "postgresql://" + f"{found['server']}/{found['name']}".rpartition("@")[2]
    return url.partition("?")[0].replace("+aiosqlite", "")


def passwords(url: str) -> list[str]:
    """Return the password in a URL of ours, both as it is written there and decoded."""
    found = re.match(r"[a-z0-9+]+://[^:/@]*:(?P<password>[^@]+)@", url)
    return [found["password"], unquote(found["password"])] if found else []


def database_url(secret: SecretStr) -> SecretStr:
    return SecretStr(async_url(secret.get_secret_value().strip()))


def bot_token(secret: SecretStr) -> SecretStr:
    token = secret.get_secret_value().strip()
    if not re.fullmatch(r"[0-9]{1,19}:[A-Za-z0-9_-]+", token):
        raise ValueError("does not have the form of a token")
    return SecretStr(token)


_PROXY = re.compile(
    r"(?:(?P<scheme>http|socks|socks4a?|socks5h?)://)?(?P<user>[^:/?#@\s]*:[^/?#@\s]*@)?"
    r"(?P<host>\[[0-9a-f:.]+\]|[^:/?#@\[\]\s]+):(?P<port>[0-9]{1,5})/?",
    re.IGNORECASE,
)
_LAST_PORT = 65535


def proxy_url(secret: SecretStr) -> SecretStr:
    """Return the proxy's URL as aiohttp-socks reads it: http, socks4 or socks5.

    The proxy always resolves host names, which is what the a and h in curl's schemes mean.
    """
    url = secret.get_secret_value().strip()
    if url.lower().startswith("https://"):
        raise ValueError("is a proxy that speaks TLS itself, which can't be used")
    found = _PROXY.fullmatch(url)
    if found is None or not 0 < int(found["port"]) <= _LAST_PORT:
        raise ValueError("is not of the form http://user:password@host:port")
    scheme = (found["scheme"] or "http").lower().rstrip("ah")
    scheme = "socks5" if scheme == "socks" else scheme
    return SecretStr(f"{scheme}://{found['user'] or ''}{found['host']}:{found['port']}")


_API_URL = re.compile(r"https?://[^/\s]+(/\S*)?")


def api_url(url: str) -> str:
    """Return the address without a slash at its end."""
    if not url.startswith(("http://", "https://")):
        raise ValueError("begins neither with http:// nor with https://")
    try:
        port = urlsplit(url).port
    except ValueError as error:
        raise ValueError("is not an address") from error
    if port == 0 or not _API_URL.fullmatch(url):
        raise ValueError("is not an address")
    return url.rstrip("/")


def secret_in(path: str) -> SecretStr:
    """Read a secret from its file."""
    text = project_path(Path(path)).read_text("utf-8-sig").strip()
    if not text:
        raise ValueError("an empty file")
    return SecretStr(text)


def shown(value: Any) -> Any:
    """Return a value as logs may show it: at most the address of a secret."""
    match value:
        case SecretStr():
            url = value.get_secret_value()
            return address(url) if url.startswith(("postgres", "sqlite")) else _without_user(url)
        case timedelta():
            return value.total_seconds()
        case frozenset():
            return len(value)  # of people, who are nobody's business
        case Path() | ZoneInfo():
            return str(value)
        case _:
            return value


def _without_user(url: str) -> str:
    scheme, _, rest = url.partition("://")
    return f"{scheme}://{rest.rpartition('@')[2]}"


def zone(name: Any) -> Any:
    try:
        return ZoneInfo(name) if isinstance(name, str) else name
    except (LookupError, OSError, ValueError) as error:  # it reads files: "Europe" is a folder
        raise ValueError("is no time zone that this machine knows") from error


def seconds(value: Any) -> Any:
    try:
        return timedelta(seconds=float(value)) if isinstance(value, str) else value
    except OverflowError as error:
        raise ValueError("is too long") from error
    except ValueError as error:
        raise ValueError("is not a number") from error


def ids(value: Any) -> Any:
    """Read ids of people, with commas or spaces between them."""
    if not isinstance(value, str):
        return value
    try:
        found = frozenset(int(one) for one in value.replace(",", " ").split())
    except ValueError as error:
        raise ValueError("has something in it that is not a whole number") from error
    if any(one <= 0 for one in found):
        raise ValueError("has a number in it that is not above 0, as the ids of people are")
    return found


def upper(value: Any) -> Any:
    return value.upper() if isinstance(value, str) else value


def lower(value: Any) -> Any:
    return value.lower() if isinstance(value, str) else value


type LogLevel = Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"]
type LogFormat = Literal["text", "json"]
type StaffModeSetting = Literal["auto", "plain", "forum"]
type Limit = Annotated[float, Field(ge=0, allow_inf_nan=False)]
