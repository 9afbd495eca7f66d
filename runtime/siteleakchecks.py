"""What contradicts itself between the items of the leak register, and what is odd about it.

Installations and units have thousands of components: what is wrong with all of them is said once.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date

from domain.metering import in_service
from runtime.siteregister import Fault, Key, Register, Row

_EXAMPLES = 3


def leak_faults(register: Register) -> Iterator[Fault]:
    """Faults between installations, components, campaigns and lists."""
    yield from _outlived(register)
    yield from _campaigns(register)
    yield from _lists(register)


def leak_warnings(register: Register, today: date) -> Iterator[Fault]:
    """Tags that hang twice, instruments whose verification ran out or that enterprises describe differently."""
    yield from _tags(register, today)
    told: dict[str, tuple[Key, Row]] = {}
    for key, row in register["instrument"].items():
        if not in_service(row["in_use_from"], row["in_use_to"], today):
            continue
        if row["verified_until"] is not None and row["verified_until"] < today:
            yield Fault("instrument", key, f"its verification ran out on {row['verified_until']}", "verified_until")
        first, other = told.setdefault(row["serial"], (key, row))
        if row["model"] != other["model"]:
            text = f"model {row['model']!r}, but {other['model']!r} at {first[0]}: is it one instrument?"
            yield Fault("instrument", key, text, "model")


def _outlived(register: Register) -> Iterator[Fault]:
    """An installation that is given up has no components in service any more."""
    closed = {key: row["in_service_to"] for key, row in register["installation"].items() if row["in_service_to"]}
    if not closed:
        return
    left: dict[Key, list[str]] = defaultdict(list)
    for row in register["component"].values():
        if row["unit"] is None:
            continue
        key = (row["enterprise"], row["unit"].partition("/")[0])
        end = closed.get(key)
        if end is not None and (row["in_service_to"] is None or row["in_service_to"] > end):
            left[key].append(row["code"])
    for key, codes in left.items():
        shown = ", ".join(codes[:_EXAMPLES]) + (", ..." if len(codes) > _EXAMPLES else "")
        text = (
            f"in_service_to {closed[key]}, but {len(codes)} of its components stay in service after it ({shown}): "
            "expected an in_service_to of each, not after the installation's"
        )
        yield Fault("installation", key, text, "in_service_to")


def _campaigns(register: Register) -> Iterator[Fault]:
    for key, row in register["campaign"].items():
        for code in row["installations"]:
            if (row["enterprise"], code) not in register["installation"]:
                text = f"installations: {code!r}: no such installation of the enterprise"
                yield Fault("campaign", key, text, "installations")


def _lists(register: Register) -> Iterator[Fault]:
    last: dict[Key, Row] = {}
    for key, row in sorted(register["enterprise_list"].items(), key=lambda item: item[1]["listed_from"]):
        earlier = last.get(key[:2])
        if earlier is not None and (earlier["listed_to"] is None or row["listed_from"] < earlier["listed_to"]):
            text = f"is on the list since {earlier['listed_from']} already; give that row a listed_to"
            yield Fault("enterprise_list", key, text, "listed_from")
        last[key[:2]] = row


def _tags(register: Register, today: date) -> Iterator[Fault]:
    first: dict[Key, Row] = {}
    twice: dict[str, list[tuple[Row, Row]]] = defaultdict(list)
    for row in register["component"].values():
        if row["tag"] is None or not in_service(row["in_service_from"], row["in_service_to"], today):
            continue
        other = first.setdefault((row["enterprise"], row["tag"]), row)
        if other is not row:
            twice[row["enterprise"]].append((other, row))
    for enterprise, pairs in twice.items():
        shown = "; ".join(f"{one['tag']} on {one['code']} and {two['code']}" for one, two in pairs[:_EXAMPLES])
        more = ", ..." if len(pairs) > _EXAMPLES else ""
        yield Fault("enterprise", (enterprise,), f"{len(pairs)} tags of components hang twice: {shown}{more}")
