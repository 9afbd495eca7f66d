"""Cursor pages: every list is bounded, and walking the pages neither loses nor repeats a row.

A cursor holds the key of the last row and a fingerprint of the question it belongs to. It is no secret and no
capability: the checksum only turns a damaged cursor, or one of another question, into a clear refusal.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any, Generic, TypeVar

from fastapi import Depends, Query, Request
from pydantic import BaseModel, Field

from api.access import Access, authorize
from api.errors import ApiProblem, invalid
from api.fields import format_instant, parse_day, parse_instant
from storage.listing.session import Row

MAX_LIMIT = 1000
_CHECKSUM_BYTES = 8

T = TypeVar("T")
Key = tuple[Any, ...]


class Page(BaseModel, Generic[T]):
    """One page of a list."""

    items: list[T]
    next_cursor: str | None = Field(
        description="give it back as `cursor` for the next page, all other parameters unchanged; null on the last page"
    )


def encode_cursor(fingerprint: str, key: Key) -> str:
    """A cursor for the rows after `key`: strings, integers, dates and instants."""
    body = json.dumps([fingerprint, [_plain(part) for part in key]], separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(_checksum(body) + body).decode().rstrip("=")


def decode_cursor(cursor: str, fingerprint: str, *types: type[Any]) -> Key:
    """The key inside a cursor, its parts of the given types. Raises ValueError when anything about it is wrong."""
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("not base64url") from None
    checksum, body = raw[:_CHECKSUM_BYTES], raw[_CHECKSUM_BYTES:]
    if checksum != _checksum(body) or base64.urlsafe_b64encode(raw).decode().rstrip("=") != cursor:
        raise ValueError("damaged")
    found, parts = json.loads(body)
    if found != fingerprint:
        raise ValueError("of another question")
    if len(parts) != len(types):
        raise ValueError("of another list")
    return tuple(_typed(part, kind) for part, kind in zip(parts, types, strict=True))


def _checksum(body: bytes) -> bytes:
    return hashlib.blake2s(body, digest_size=_CHECKSUM_BYTES).digest()


def _plain(part: Any) -> str | int:
    if isinstance(part, datetime):
        return format_instant(part)
    if isinstance(part, date):
        return part.isoformat()
    if isinstance(part, str | int):
        return part
    raise TypeError(f"a cursor cannot hold {type(part).__name__}")


def _typed(part: Any, kind: type[Any]) -> Any:
    if kind is datetime:
        return parse_instant(part)
    if kind is date:
        return parse_day(part)
    if type(part) is not kind:
        raise ValueError("of another list")
    return part


@dataclass(frozen=True, slots=True)
class PageRequest:
    """The page that a request asks for."""

    limit: int
    cursor: str | None
    fingerprint: str

    @property
    def fetch(self) -> int:
        """Rows to fetch: one more than the page, to know whether another follows."""
        return self.limit + 1

    def after(self, *types: type[Any]) -> Any:
        """The key after which the page begins: one value, or a tuple for several types; None on the first page."""
        if self.cursor is None:
            return None
        try:
            key = decode_cursor(self.cursor, self.fingerprint, *types)
        except ValueError:
            raise self._refused() from None
        return key if len(types) > 1 else key[0]

    def cut(self, rows: Sequence[Row], key: Callable[[Row], Key]) -> tuple[Sequence[Row], str | None]:
        """The rows of the page and the cursor of the next one."""
        if len(rows) <= self.limit:
            return rows, None
        kept = rows[: self.limit]
        return kept, encode_cursor(self.fingerprint, key(kept[-1]))

    def _refused(self) -> ApiProblem:
        return invalid("cursor", self.cursor, "上一页返回的 next_cursor，且其余参数不变")


def page_request(
    request: Request,
    access: Annotated[Access, Depends(authorize)],
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT, description="items per page")] = 100,
    cursor: Annotated[
        str | None, Query(max_length=1024, description="`next_cursor` of the page before, nothing else changed")
    ] = None,
) -> PageRequest:
    """The `limit` and `cursor` parameters of a list."""
    asked = sorted(
        (name, value) for name, value in request.query_params.multi_items() if name not in ("limit", "cursor")
    )
    question = json.dumps([request.url.path, access.enterprise, asked])
    return PageRequest(limit, cursor, hashlib.blake2s(question.encode(), digest_size=8).hexdigest())


Paging = Annotated[PageRequest, Depends(page_request)]
