"""What is wrong with a register as a whole, beyond what one item can say of itself; and what is odd about it.

Pure: the day and what is stored of counters are passed in. A fault is refused, a warning is printed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from datetime import date

from domain.ledger import MEDIA
from domain.limits import RATE_UNIT
from domain.metering import in_service
from domain.points import Counter
from runtime.siteleakchecks import leak_faults, leak_warnings
from runtime.siteregister import AREAS, REFERENCES, Fault, Key, Register, Row
from runtime.siterosterchecks import roster_faults


def faults(
    register: Register, *, today: date | None = None, broken: Collection[tuple[str, Key]] = frozenset()
) -> Iterator[Fault]:
    """Every fault between the items of a register.

    today: the local day, None to leave out what depends on it. broken: keys that were given but are wrong in
    themselves, so that nobody is told that they do not exist.
    """
    if len(register["city"]) != 1:
        yield from [Fault("city", key, "expected exactly one [city]") for key in register["city"] or [("?",)]]
    yield from _references(register, broken)
    yield from _enterprises(register)
    yield from _points(register)
    yield from _statements(register)
    yield from _limits(register)
    yield from _quotas(register)
    yield from _tags(register)
    yield from _places(register)
    yield from _meters(register)
    yield from _segments(register)
    yield from leak_faults(register)
    yield from roster_faults(register, broken)
    if today is not None:
        for key, row in register["meter"].items():
            if row["verified_on"] > max(today, row["installed_on"]):
                text = f"verified_on {row['verified_on']} lies after today ({today}): expected the day it was verified"
                yield Fault("meter", key, text, "verified_on")


def warnings(register: Register, today: date) -> Iterator[Fault]:
    """What an operator should look at, though nothing contradicts it."""
    measured = {
        (row["enterprise"], row["intake"])
        for row in register["metering_place"].values()
        if row["level"] == "unit" and in_service(row["in_service_from"], row["in_service_to"], today)
    }
    for key, row in register["intake"].items():
        if not in_service(row["in_service_from"], row["in_service_to"], today):
            continue
        if key not in measured:
            yield Fault("intake", key, "no metering place of level unit measures it: its volume will not be known")
        if row["permit_to"] is not None and row["permit_to"] < today:
            yield Fault("intake", key, f"the permit expired on {row['permit_to']}")
    for key, row in register["meter"].items():
        if today < row["verified_on"] <= row["installed_on"]:
            yield Fault("meter", key, f"verified_on {row['verified_on']} is still to come: not fitted before")
    yield from leak_warnings(register, today)


def too_small(register: Register, last: Mapping[Key, tuple[date, float]]) -> Iterator[Fault]:
    """Registers that cannot show what is stored. last: by point key, local day and value of its newest reading."""
    segments = _by(register["meter"].items(), "point")
    for key, (day, value) in last.items():
        point = register["point"].get(key)
        if point is None:
            continue
        noun, item, counter = "point", key, _counter(point)
        for meter_key, meter in segments.get(key, ()):
            if in_service(meter["installed_on"], meter["removed_on"], day):
                if meter["installed_on"] == day:  # the reading may be the old meter's
                    counter = None
                elif meter["counter_digits"] is not None:
                    noun, item, counter = "meter", meter_key, _counter(meter)
        if counter is not None and value >= counter.rollover:
            text = (
                f"a register of {counter.digits} digits at {counter.scale:g} {point['unit']} ends below "
                f"{counter.rollover:g}, but {key[1]} showed {value:g} on {day}: expected more digits or another scale"
            )
            yield Fault(noun, item, text, "counter_digits")


def _references(register: Register, broken: Collection[tuple[str, Key]]) -> Iterator[Fault]:
    for (noun, field), wanted in REFERENCES.items():
        find = _finder(register, wanted)
        for key, row in register[noun].items():
            value = row[field]
            if value is None or find(row, value) or (wanted, _target(row, wanted, value)) in broken:
                continue
            text = f"{field} = {value!r}: no such {wanted}"
            if wanted not in AREAS:
                end = _target(row, wanted, value)[1:]
                others = sorted({other[0] for other in register[wanted] if other[1:] == end} - {row["enterprise"]})
                text += f" of the enterprise ({others[0]} has one)" if others else ""
            yield Fault(noun, key, text, field)


def _enterprises(register: Register) -> Iterator[Fault]:
    for key, row in register["enterprise"].items():
        park = register["park"].get((row["park"],))
        if park is not None and park["district"] != row["district"]:
            text = f"park {row['park']} lies in district {park['district']}, the enterprise in {row['district']}"
            yield Fault("enterprise", key, text, "park")


def _points(register: Register) -> Iterator[Fault]:
    for key, row in register["point"].items():
        if row["kind"] == "counter":
            yield from _reaches("point", key, _counter(row), row)


def _reaches(noun: str, key: Key, counter: Counter | None, point: Row) -> Iterator[Fault]:
    top = point["physical_max"]
    if counter is not None and top is not None and top > counter.rollover:
        text = (
            f"a register of {counter.digits} digits at {counter.scale:g} ends below physical_max {top:g} of the point"
        )
        yield Fault(noun, key, text, "counter_digits")


def _statements(register: Register) -> Iterator[Fault]:
    """A point that speaks of another one speaks of a measured one, of the same quantity unless it tells of drift."""
    for key, row in register["point"].items():
        of = register["point"].get((row["enterprise"], row["of"]))
        if of is None:
            continue
        if of["statistic"] is not None:
            yield Fault("point", key, f"of = {row['of']!r} speaks of another point itself; expected the analyser", "of")
        drift = row["statistic"] in ("zero_drift", "span_drift")
        if drift and row["unit"] != "%":
            yield Fault("point", key, f"unit {row['unit']!r}: a drift is in % of full scale", "unit")
        if not drift and row["quantity"] != of["quantity"]:
            text = f"quantity {row['quantity']!r} is not that of {row['of']}: {of['quantity']!r}"
            yield Fault("point", key, text, "quantity")


def _limits(register: Register) -> Iterator[Fault]:
    """No two limits of one scope speak of the same day; a rate stands beside a concentration."""
    yield from _overlapping(register, "limit", lambda key, row: (*key[:-2], row["unit"] == RATE_UNIT))


def _quotas(register: Register) -> Iterator[Fault]:
    yield from _overlapping(register, "quota", lambda key, _: key[:-1])


def _overlapping(register: Register, noun: str, scope_of: Callable[[Key, Row], Key]) -> Iterator[Fault]:
    before: dict[Key, Row] = {}
    for key, row in sorted(register[noun].items(), key=lambda item: item[1]["valid_from"]):
        scope = scope_of(key, row)
        earlier = before.get(scope)
        if earlier is not None and (earlier["valid_to"] is None or row["valid_from"] <= earlier["valid_to"]):
            text = f"overlaps the one from {earlier['valid_from']}; give that one a valid_to before it"
            yield Fault(noun, key, text, "valid_from")
        before[scope] = row


def _tags(register: Register) -> Iterator[Fault]:
    for key, row in register["tag"].items():
        point = register["point"].get((row["enterprise"], row["point"]))
        if row["protocol"] == "hj212":
            station = register["station"].get((row["device"],))
            if station is None or station["enterprise"] != row["enterprise"]:
                yield Fault("tag", key, f"device = {row['device']!r}: no such station of the enterprise", "device")
        if point is not None and row["unit"] == point["unit"]:
            if row["scale"] not in (None, 1.0) or row["zero"] != 0.0:
                text = f"unit is the point's own ({row['unit']}): nothing is to be converted"
                yield Fault("tag", key, text, "unit")
        elif point is not None and row["scale"] is None:
            text = f"unit {row['unit']} is not the point's {point['unit']}: give the scale between them"
            yield Fault("tag", key, text, "scale")


def _places(register: Register) -> Iterator[Fault]:
    places = register["metering_place"]
    for key, row in places.items():
        parent = places.get((row["enterprise"], row["parent"]))
        if parent is None:
            continue
        if parent["medium"] != row["medium"]:
            text = f"parent {row['parent']} measures {parent['medium']}, the place {row['medium']}: expected one medium"
            yield Fault("metering_place", key, text, "parent")
        way = [row["code"]]
        above: Row | None = row
        while above is not None and above["parent"] is not None and above["parent"] not in way:
            way.append(above["parent"])
            above = places.get((row["enterprise"], above["parent"]))
        if above is not None and above["parent"] == row["code"] and row["code"] == min(way):  # once a circle
            text = f"its parents lead back to it: {' -> '.join([*way, row['code']])}"
            yield Fault("metering_place", key, text, "parent")


def _meters(register: Register) -> Iterator[Fault]:
    for key, row in register["meter"].items():
        point = register["point"].get((row["enterprise"], row["point"]))
        place = register["metering_place"].get((row["enterprise"], row["place"]))
        if point is None:
            continue
        if point["kind"] != "counter":
            yield Fault("meter", key, f"point {row['point']} is not a counter", "point")
            continue
        yield from _reaches("meter", key, _counter(row), point)
        unit = None if place is None else MEDIA.get(place["medium"])
        if place is not None and unit is not None and point["unit"] != unit:
            text = (
                f"point {row['point']} is in {point['unit']}; a place of {place['medium']} ({row['place']}) is "
                f"measured in {unit}"
            )
            yield Fault("meter", key, text, "point")


def _segments(register: Register) -> Iterator[Fault]:
    """A meter is at one place at a time, and a place and a point have one meter at a time."""
    meters = sorted(register["meter"].items(), key=lambda item: (item[1]["installed_on"], str(item[0])))
    told: set[Key] = set()
    by_serial: dict[Key, list[tuple[Key, Row]]] = defaultdict(list)
    for key, row in meters:
        by_serial[(row["serial"],)].append((key, row))
    groups = (
        (by_serial, "the meter of this serial"),
        (_by(meters, "place"), "another meter"),
        (_by(meters, "point"), "another meter"),
    )
    for grouped, who in groups:
        for rows in grouped.values():
            last: tuple[Key, Row] | None = None
            for key, row in rows:
                if last is not None and key not in told:
                    end = last[1]["removed_on"]
                    if end is None or row["installed_on"] < end:
                        told.add(key)
                        yield Fault("meter", key, _two_at_once(row, last[1], who), "installed_on")
                if last is None or _ends(row) > _ends(last[1]):
                    last = key, row


def _two_at_once(row: Row, other: Row, who: str) -> str:
    where = f"{other['enterprise']}/{other['place']}"
    what = f"{who} ({other['serial']})" if other["serial"] != row["serial"] else who
    by_point = other["place"] != row["place"] and other["serial"] != row["serial"]
    at_point = f" (point {other['point']})" if by_point else ""
    until = "it is not removed" if other["removed_on"] is None else f"it is removed on {other['removed_on']}"
    return (
        f"{what} is installed at {where}{at_point} from "
        f"{other['installed_on']}, {until}: expected one after the other; give the earlier one its removed_on"
    )


def _ends(row: Row) -> date:
    return row["removed_on"] or date.max


def _by(meters: Iterable[tuple[Key, Row]], field: str) -> dict[Key, list[tuple[Key, Row]]]:
    found: dict[Key, list[tuple[Key, Row]]] = defaultdict(list)
    for key, row in meters:
        if row[field] is not None:
            found[(row["enterprise"], row[field])].append((key, row))
    return found


def _counter(row: Row) -> Counter | None:
    if row["counter_digits"] is None:
        return None
    return Counter(row["counter_digits"], row["counter_scale"], row["counter_max_rate_per_h"])


def _finder(register: Register, noun: str) -> Callable[[Row, str], bool]:
    rows = register[noun]
    return lambda row, value: _target(row, noun, value) in rows


def _target(row: Row, noun: str, value: str) -> Key:
    if noun == "process_unit":
        return (row["enterprise"], *value.split("/"))
    return (value,) if noun in AREAS else (row["enterprise"], value)
