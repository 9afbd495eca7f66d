"""Reading a site file: strict, and every mistake at once with the item and what was expected.

A site file is what a bureau keeps under version control; a misspelt key that passed in silence would be a meter that
nobody judges.
"""

from __future__ import annotations

import csv
import tomllib
from collections.abc import Iterable
from pathlib import Path

from pydantic import ValidationError

from domain.errors import SiteError
from runtime.sitechecks import faults
from runtime.sitehints import fault_text
from runtime.sitemodels import MODELS
from runtime.siteregister import KEYS, Key, Register, Row, complete, key_of, row_of


class _Problems(list[str]):
    def __init__(self, file: Path) -> None:
        super().__init__()
        self.file = file
        self.broken: set[tuple[str, Key]] = set()

    def note(self, where: str, what: str) -> None:
        self.append(f"{self.file.name}: {where}: {what}")


def load_site(path: Path) -> Register:
    """Rows of each noun by natural key, in the shape that storage.site reads and writes.

    Raises SiteError listing every mistake: unknown key, missing value, wrong type, an item given twice, a reference
    to something that the file does not have, items that contradict each other.
    """
    try:
        document = tomllib.loads(path.read_text("utf-8"))
    except UnicodeDecodeError as error:
        raise SiteError(f"{path.name}: byte {error.start} is not UTF-8: save the file as UTF-8") from error
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise SiteError(f"{path.name}: {error}") from error
    problems = _Problems(path)
    register: Register = {noun: {} for noun in MODELS}
    files = document.pop("component_file", [])
    for unknown in sorted(set(document) - set(MODELS)):
        problems.note(unknown, f"there is no such table; expected one of {', '.join(MODELS)}, component_file")
    for noun in MODELS:
        given = document.get(noun, [])
        items = [given] if noun == "city" and isinstance(given, dict) else given
        if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
            problems.note(noun, f"expected [[{noun}]] tables" if noun != "city" else "expected one [city] table")
            continue
        _add(register, noun, ((f"{noun} {number}", item) for number, item in enumerate(items, 1)), problems)
    for entry in files if isinstance(files, list) else []:
        _add_components(register, path.parent, entry, problems)
    for fault in faults(register, broken=problems.broken):
        problems.append(f"{path.name}: {fault}")
    if problems:
        raise SiteError("\n".join(problems))
    complete(register)
    return register


def _add(register: Register, noun: str, items: Iterable[tuple[str, Row]], problems: _Problems) -> None:
    for where, item in items:
        label = f"{where} ({'/'.join(str(item.get(field, '?')) for field in KEYS[noun])})"
        try:
            row = row_of(noun, item)
        except ValidationError as error:
            for fault in error.errors(include_url=False):
                field = ".".join(str(part) for part in fault["loc"]) or "item"
                problems.note(label, f"{field}: {fault_text(noun, field, fault['msg'])}")
            problems.broken.add((noun, tuple(item.get(field) for field in KEYS[noun])))
            continue
        key = key_of(noun, row)
        if key in register[noun]:
            problems.note(label, "given twice")
        register[noun][key] = row


def _add_components(register: Register, folder: Path, entry: object, problems: _Problems) -> None:
    if not isinstance(entry, dict) or set(entry) != {"file"} or not isinstance(entry["file"], str):
        problems.note("component_file", 'expected file = "NAME.csv"')
        return
    path = folder / entry["file"]
    try:
        with path.open(encoding="utf-8-sig", newline="") as source:
            reader = csv.DictReader(source)
            rows = [(reader.line_num, {k: v for k, v in row.items() if v != ""}) for row in reader]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        problems.note(entry["file"], str(error))
        return
    _add(register, "component", ((f"{entry['file']} line {line}", dict(row)) for line, row in rows), problems)
