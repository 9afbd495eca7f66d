"""Fields of bodies that people fill in: what was done has a name and a reason behind it."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

#: One visible character at least, and none that no line can show.
_LINE = r"^[^\x00-\x1f]*[^\x00-\x20][^\x00-\x1f]*$"

Author = Annotated[str, Field(min_length=1, max_length=64, pattern=_LINE, description="who does this")]
Reason = Annotated[str, Field(min_length=1, max_length=500, pattern=_LINE, description="why; it stays to be seen")]
ShortText = Annotated[str, Field(min_length=1, max_length=200, pattern=_LINE)]
