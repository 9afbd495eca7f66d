"""From which day on a change of the register matters to what looks back: metering rates and monthly accounts, signs."""

from __future__ import annotations

from datetime import date

from runtime.siteregister import Row

#: Field that says since when a thing is there, of the nouns that rates and accounts rest on.
_SINCE = {
    "enterprise": "registered_from",
    "intake": "in_service_from",
    "line": "in_service_from",
    "metering_place": "in_service_from",
    "meter": "installed_on",
    "quota": "valid_from",
}
_VERIFICATION = frozenset({"verified_on", "verification_months"})
#: Fields that no verdict rests on.
_LABELS = frozenset({"name", "accuracy_class"})


def matters_from(noun: str, row: Row, old: Row | None) -> date | None:
    """First local day whose verdicts a new or altered row may change; None when there is none.

    Never too late, sometimes earlier than need be. old: the row as it was, None for a new one.
    """
    altered = set(row) if old is None else {name for name in row if row[name] != old[name]} - _LABELS
    both = [row] if old is None else [row, old]
    if not altered:
        return None
    if noun == "control_index":
        return date(row["year"], 1, 1)
    if noun not in _SINCE:
        return None
    since: date = min(one[_SINCE[noun]] for one in both)
    if noun == "meter" and altered <= _VERIFICATION:  # no verification runs out before the day of it
        since = max(since, min(one["verified_on"] for one in both))
    return since


#: First day of what the signs in leak tests rest on besides the tests.
_LEAK_SINCE = {"instrument": "in_use_from", "leak_tester": "in_service_from", "campaign": "from_day"}


def matters_to_signs_from(noun: str, row: Row, old: Row | None) -> date | None:
    """First local day whose leak tests a new or altered instrument, tester or campaign may put in another light; None
    for any other noun."""
    if noun not in _LEAK_SINCE:
        return None
    since: date = min(one[_LEAK_SINCE[noun]] for one in (row, old) if one is not None)
    return since
