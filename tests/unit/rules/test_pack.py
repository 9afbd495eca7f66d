"""Packs are refused with file, key and reason; the shipped ones hold together."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from domain.errors import PackError
from domain.periods import day_start
from rules.evaluators.contract import YearTarget
from rules.pack import RuleSet, default_packs, load_packs
from rules.policy.loaders import load_policy

RULE = """
[[rule]]
id = "x.so2.hourly"
version = 1
title = "标题"
standard = "GB 1"
clause = "1.1"
document = "标准"
document_status = "现行"
confidence = "V1"
status = "law"
enabled = true
evaluator = "hourly_limit"
applies = { process = "coke_oven_stack", quantity = "so2" }
valid_from = 2026-01-01

[rule.params]
limit_mg_m3 = 30.0
reference_o2_pct = 8.0

[rule.alert]
severity = "critical"
subjects = ["outlet"]
"""
HEAD = 'pack = "x"\nversion = 1\ntitle = "包"\n'


def load(folder: Path, *rules: str, head: str = HEAD) -> RuleSet:
    path = folder / "x.toml"
    path.write_text(head + "".join(rules), "utf-8")
    return load_packs([path])


def changed(old: str, new: str) -> str:
    assert old in RULE
    return RULE.replace(old, new)


def test_a_good_pack_loads(tmp_path: Path) -> None:
    rules = load(tmp_path, RULE)
    (rule,) = rules.enabled["x.so2.hourly"]
    assert rule.definition()["params"] == {
        "limit_mg_m3": 30.0,
        "decimals": 0,
        "reference_o2_pct": 8.0,
        "min_valid_minutes": 45,
        "ambient_o2_from_pct": 19.0,
    }
    assert rule.definition()["alert"]["per"] == "subject"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('title = "标题"', 'titel = "标题"', "rule x.so2.hourly.title: Field required"),
        ("enabled = true", "enabled = true\nhold = 1", "rule x.so2.hourly.hold: Extra inputs are not permitted"),
        ("version = 1", 'version = "1"', "rule x.so2.hourly.version: Input should be a valid integer"),
        ('clause = "1.1"', 'clause = ""', "rule x.so2.hourly.clause: String should have at least 1 character"),
        ('clause = "1.1"\n', "", "rule x.so2.hourly.clause: Field required"),
        ('id = "x.so2.hourly"', 'id = "SO2"', "rule SO2.id: String should match pattern"),
        ('"hourly_limit"', '"hourly"', "rule x.so2.hourly.evaluator: unknown evaluator 'hourly'; known: hourly_limit"),
        ('"coke_oven_stack"', '"stack"', "rule x.so2.hourly.applies.process: unknown word 'stack'; known: "),
        ('quantity = "so2"', 'quantity = "NO"', "rule x.so2.hourly.applies.quantity: unknown word 'NO'"),
        (', quantity = "so2"', "", "rule x.so2.hourly.applies.quantity: missing"),
        ('quantity = "so2" }', 'quantity = "so2", city = "w" }', "x.so2.hourly.applies.city: unknown key; expected "),
        ("limit_mg_m3 = 30.0", "limit = 30.0", "rule x.so2.hourly.params.limit_mg_m3: Field required"),
        ("limit_mg_m3 = 30.0", "limit_mg_m3 = inf", "params.limit_mg_m3: Input should be a finite number"),
        ("limit_mg_m3 = 30.0", "limit_mg_m3 = nan", "params.limit_mg_m3: Input should be "),
        ("limit_mg_m3 = 30.0", 'limit_mg_m3 = "30"', "params.limit_mg_m3: Input should be a valid number"),
        ("reference_o2_pct = 8.0", "reference_o2_pct = 21.0", "params.reference_o2_pct: Input should be less than 21"),
        ("reference_o2_pct = 8.0", "reference_o2 = 8.0", "params.reference_o2: Extra inputs are not permitted"),
        ("2026-01-01", "2026-01-01\nvalid_to = 2025-12-31", "valid_to: 2025-12-31 is before valid_from 2026-01-01"),
        ("2026-01-01", '"2026-01-01"', "valid_from: Input should be a valid date"),
        ('"V1"', '"KH"', "enabled: a rule of confidence KH and status law stays disabled"),
        ('"V1"', '"KL"', "enabled: a rule of confidence KL and status law stays disabled"),
        ('"V1"', '"DESIGN"', "enabled: a rule of confidence DESIGN and status law stays disabled"),
        ('"V1"', '"sure"', "confidence: Input should be 'V'"),
        ('"law"', '"unconfirmed"', "enabled: an unconfirmed rule stays disabled"),
        ('subjects = ["outlet"]', 'subjects = ["city"]', "alert.subjects: hourly_limit judges no city"),
        ('subjects = ["outlet"]', 'subjects = ["chimney"]', "alert.subjects: Value error, unknown kind 'chimney'"),
        ('severity = "critical"', "severity = 1", "alert.severity: Input should be"),
        ("[[rule]]", "[rule", "x.toml: "),
    ],
)
def test_what_is_refused(tmp_path: Path, old: str, new: str, message: str) -> None:
    with pytest.raises(PackError, match=re.escape(message)) as error:
        load(tmp_path, changed(old, new))
    assert str(error.value).startswith("x.toml: ")


def test_a_design_rule_of_the_platform_may_be_enabled(tmp_path: Path) -> None:
    rule = changed('"V1"', '"DESIGN"').replace('"law"', '"platform"')
    assert load(tmp_path, rule).enabled


def test_a_disabled_rule_needs_no_confirmation(tmp_path: Path) -> None:
    rules = load(tmp_path, changed('"V1"', '"KL"').replace("enabled = true", "enabled = false"))
    assert rules.enabled == {}
    assert list(rules.variants) == ["x.so2.hourly"]


def test_variants_of_an_id_must_not_overlap(tmp_path: Path) -> None:
    until = RULE.replace("2026-01-01", "2026-01-01\nvalid_to = 2026-06-30")
    after = RULE.replace("2026-01-01", "2026-07-01").replace("version = 1", "version = 2")
    rules = load(tmp_path, after, until)
    assert [rule.version for rule in rules.variants["x.so2.hourly"]] == [1, 2]
    boundary = day_start(rules.variants["x.so2.hourly"][1].valid_from)
    assert rules.in_force("x.so2.hourly", boundary).version == 2
    early, late = rules.variants["x.so2.hourly"]
    assert (early.is_valid_at(boundary), late.is_valid_at(boundary)) == (False, True)

    overlapping = after.replace("2026-07-01", "2026-06-30")
    with pytest.raises(PackError, match=re.escape("x.so2.hourly.valid_from: overlaps the validity of the same id")):
        load(tmp_path, until, overlapping)
    with pytest.raises(PackError, match="overlaps"):
        load(tmp_path, RULE, RULE)
    with pytest.raises(PackError, match=re.escape("version: 1 is also that from 2026-01-01")):
        load(tmp_path, until, after.replace("version = 2", "version = 1"))
    with pytest.raises(PackError, match=re.escape("applies: differs from the same id")):
        load(tmp_path, until, after.replace('so2" }', 'nox" }'))


def test_an_id_belongs_to_one_pack(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / f"{name}.toml").write_text(HEAD.replace('"x"', f'"{name}"') + RULE, "utf-8")
    with pytest.raises(PackError, match=re.escape("b.toml: rule x.so2.hourly.id: duplicate, it is also in a.toml")):
        load_packs([tmp_path / "a.toml", tmp_path / "b.toml"])
    (tmp_path / "c.toml").write_text(HEAD.replace('"x"', '"a"') + RULE.replace("x.so2", "y.so2"), "utf-8")
    with pytest.raises(PackError, match=re.escape("c.toml: pack: 'a' is also the name of a.toml")):
        load_packs([tmp_path / "a.toml", tmp_path / "c.toml"])


def test_a_share_counts_a_rule_that_exists_and_selects_the_same(tmp_path: Path) -> None:
    share = (
        changed("x.so2.hourly", "x.so2.monthly")
        .replace('"hourly_limit"', '"monthly_share"')
        .replace(
            "limit_mg_m3 = 30.0\nreference_o2_pct = 8.0",
            'of = "x.so2.hourly"\nmin_share_pct = 95.0\nmin_judged_pct = 75.0',
        )
    )
    assert load(tmp_path, RULE, share).enabled
    with pytest.raises(PackError, match=re.escape("x.so2.monthly.params.of: no hourly rule 'x.so2.hourly'")):
        load(tmp_path, share)
    with pytest.raises(PackError, match=re.escape("x.so2.monthly.enabled: x.so2.hourly is disabled")):
        load(tmp_path, RULE.replace("enabled = true", "enabled = false"), share)
    with pytest.raises(PackError, match=re.escape("x.so2.monthly.applies: differs from that of x.so2.hourly")):
        load(tmp_path, RULE, share.replace('quantity = "so2"', 'quantity = "nox"'))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(PackError, match=re.escape("none.toml")):
        load_packs([tmp_path / "none.toml"])


def test_the_shipped_packs_hold_together() -> None:
    rules = load_packs()
    assert [path.name for path in default_packs()] == [
        "ldar.toml",
        "platform.toml",
        "ultra_low_emission.toml",
        "water_metering.toml",
    ]
    assert {
        *(f"ule.coke_oven_stack.{q}.{per}" for q in ("so2", "nox", "pm") for per in ("hourly", "monthly")),
        "water.meter_installation_rate",
        "water.intake_online_rate.green_park_plan",
        "water.intake_online_rate.coking_plan",
        "ldar.gb37822",
        "ldar.wuhai_yearly",
        "data.point_offline",
        "platform.rule_failed",
    } == set(rules.enabled)


def test_the_limits_are_those_of_the_opinions() -> None:
    enabled = load_packs().enabled
    limits = {q: enabled[f"ule.coke_oven_stack.{q}.hourly"][0].params for q in ("so2", "nox", "pm")}
    assert {q: (p["limit_mg_m3"], p["reference_o2_pct"], p["min_valid_minutes"]) for q, p in limits.items()} == {
        "so2": (30.0, 8.0, 45),
        "nox": (150.0, 8.0, 45),
        "pm": (10.0, 8.0, 45),
    }


def test_targets_of_rules_are_those_of_the_policy_tables() -> None:
    policy = {target.id: target for target in load_policy().targets}
    statuses = {document.id: document.status.value for document in load_policy().documents}
    seen = 0
    for rules in load_packs().enabled.values():
        for rule in rules:
            targets: list[YearTarget] = getattr(rule.typed_params, "targets", [])
            for target in targets:
                row = policy[target.target_id]
                assert row.value is not None
                assert (row.indicator, float(row.value)) == (rule.title.partition("（")[0], target.percent)
                assert statuses[row.document_id] == rule.document_status
                if row.operator is not None and row.operator.value != "=":
                    assert (row.operator.value, row.target_year) == (target.operator, target.year)
                seen += 1
    assert seen == 7


def test_packs_name_no_working_paper() -> None:
    for path in default_packs():
        assert re.search(r"\b[SWGE]\d{1,2}\b", path.read_text("utf-8")) is None
