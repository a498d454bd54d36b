"""What Telegram refuses, as exceptions that carry the answer.

The shape is https://core.telegram.org/bots/api#making-requests: `ok` false, `error_code`,
`description` and, where it helps, `parameters` (ResponseParameters).
"""

from __future__ import annotations


class ApiError(Exception):
    """The call is answered with `ok: false`."""

    def __init__(self, code: int, description: str, **parameters: int) -> None:
        """Keep the three parts of the answer."""
        super().__init__(f"{code} {description}")
        self.code = code
        self.description = description
        self.parameters = parameters

    def answer(self) -> dict[str, object]:
        """The JSON body of the answer."""
        body: dict[str, object] = {
            "ok": False,
            "error_code": self.code,
            "description": self.description,
        }
        return body | {"parameters": self.parameters} if self.parameters else body


class GatewayError(Exception):
    """The call is answered by a proxy in front of Telegram: HTML and a 5xx status."""


def bad_request(text: str) -> ApiError:
    """400 with Telegram's prefix."""
    return ApiError(400, f"Bad Request: {text}")


def forbidden(text: str) -> ApiError:
    """403 with Telegram's prefix."""
    return ApiError(403, f"Forbidden: {text}")


def conflict(text: str) -> ApiError:
    """409 with Telegram's prefix."""
    return ApiError(409, f"Conflict: {text}")


def too_many_requests(retry_after: int) -> ApiError:
    """429; https://core.telegram.org/bots/api#responseparameters."""
    return ApiError(429, f"Too Many Requests: retry after {retry_after}", retry_after=retry_after)


def migrated(new_chat_id: int) -> ApiError:
    """The basic group is a supergroup now; ResponseParameters.migrate_to_chat_id."""
    text = "Bad Request: group chat was upgraded to a supergroup chat"
    return ApiError(400, text, migrate_to_chat_id=new_chat_id)
