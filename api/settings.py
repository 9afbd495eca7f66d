"""What the API needs to be told."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class ApiSettings:
    """token: bearer token of operators; None leaves the API open, which runtime allows on loopback only.

    public_url: how people reach the API, without a slash at the end; put before links. None gives relative links.
    grafana_url: where Grafana is, without a slash at the end; the desk's links to boards. None: it has none.
    report_font_file: font of reports on paper; None: what the machine has.
    statement_timeout_s: longest run of one SQL statement of a request.
    ready_timeout_s: how long /health/ready waits for the database; below the usual probe's patience.
    """

    token: str | None = field(default=None, repr=False)
    public_url: str | None = None
    grafana_url: str | None = None
    report_font_file: Path | None = None
    statement_timeout_s: float = 5.0
    ready_timeout_s: float = 0.9

    def __post_init__(self) -> None:
        if self.token is not None and not self.token.strip():
            raise ValueError("ApiSettings.token: an empty token protects nothing; give None to leave the API open")
