"""Time is a parameter. Whoever needs an instant is handed a clock; only `runtime` makes one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

#: Gives the present instant, aware and in UTC.
Clock = Callable[[], datetime]
