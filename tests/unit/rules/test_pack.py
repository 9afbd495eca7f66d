"""Packs are refused with file, key and reason; the shipped ones hold together."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from domain.errors import PackError
from domain.limits import Region
from domain.periods import day_start
from rules.evaluators.contract import YearTarget
from rules.evaluators.duty import DutyParams
from rules.pack import RuleSet, default_packs, load_packs
from rules.policy.loaders import load_policy

RULE = """
[[rule]]
id = "x.hourly"
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
applies = { kind = "legal" }
valid_from = 2026-01-01

[rule.params]
min_valid_minutes = 45
ambient_o2_from_pct = 19.0

[rule.alert]
severity = "critical"
subjects = ["pollutant"]
"""
LIMIT = """
[[limit]]
key = "x.stack.so2"
process = "coke_oven_stack"
quantity = "so2"
kind = "legal"
averaging = "hour"
value = 30.0
unit = "mg/m3"
decimals = 0
reference_o2_pct = 8.0
exempt_process = ["start_up"]
standard = "GB 1"
clause = "1.1"
source = "原文"
confidence = "V1"
status = "law"
enabled = true
valid_from = 2026-01-01
"""
HEAD = 'pack = "x"\nversion = 1\ntitle = "包"\n'


def load(folder: Path, *rules: str, head: str = HEAD) -> RuleSet:
    path = folder / "x.toml"
    path.write_text(head + "".join(rules), "utf-8")
    return load_packs([path])


def changed(old: str, new: str, whole: str = RULE) -> str:
    assert old in whole
    return whole.replace(old, new)


def test_a_good_pack_loads(tmp_path: Path) -> None:
    rules = load(tmp_path, RULE)
    (rule,) = rules.enabled["x.hourly"]
    assert rule.definition()["params"] == {"min_valid_minutes": 45, "ambient_o2_from_pct": 19.0}
    assert rule.definition()["alert"]["per"] == "subject"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('title = "标题"', 'titel = "标题"', "rule x.hourly.title: Field required"),
        ("enabled = true", "enabled = true\nhold = 1", "rule x.hourly.hold: Extra inputs are not permitted"),
        ("version = 1", 'version = "1"', "rule x.hourly.version: Input should be a valid integer"),
        ('clause = "1.1"', 'clause = ""', "rule x.hourly.clause: String should have at least 1 character"),
        ('clause = "1.1"\n', "", "rule x.hourly.clause: Field required"),
        ('id = "x.hourly"', 'id = "SO2"', "rule SO2.id: String should match pattern"),
        ('"hourly_limit"', '"hourly"', "rule x.hourly.evaluator: unknown evaluator 'hourly'; known: "),
        ('"legal"', '"law"', "rule x.hourly.applies.kind: unknown word 'law'; known: legal, ule"),
        ('{ kind = "legal" }', "{}", "rule x.hourly.applies.kind: missing"),
        ('kind = "legal" }', 'kind = "legal", city = "w" }', "x.hourly.applies.city: unknown key; expected kind"),
        (
            "min_valid_minutes = 45",
            "min_minutes = 45",
            "rule x.hourly.params.min_minutes: Extra inputs are not permitted",
        ),
        ("ambient_o2_from_pct = 19.0", "ambient_o2_from_pct = inf", "params.ambient_o2_from_pct: Input should be "),
        ("ambient_o2_from_pct = 19.0", "ambient_o2_from_pct = nan", "params.ambient_o2_from_pct: Input should be "),
        (
            "min_valid_minutes = 45",
            'min_valid_minutes = "45"',
            "params.min_valid_minutes: Input should be a valid integer",
        ),
        ("min_valid_minutes = 45", "min_valid_minutes = 61", "params.min_valid_minutes: Input should be less than"),
        ("2026-01-01", "2026-01-01\nvalid_to = 2025-12-31", "valid_to: 2025-12-31 is before valid_from 2026-01-01"),
        ("2026-01-01", '"2026-01-01"', "valid_from: Input should be a valid date"),
        ('"V1"', '"KH"', "enabled: a rule of confidence KH and status law stays disabled"),
        ('"V1"', '"KL"', "enabled: a rule of confidence KL and status law stays disabled"),
        ('"V1"', '"DESIGN"', "enabled: a rule of confidence DESIGN and status law stays disabled"),
        ('"V1"', '"sure"', "confidence: Input should be 'V'"),
        ('"law"', '"unconfirmed"', "enabled: an unconfirmed rule stays disabled"),
        ('subjects = ["pollutant"]', 'subjects = ["city"]', "alert.subjects: hourly_limit judges no city"),
        ('subjects = ["pollutant"]', 'subjects = ["chimney"]', "alert.subjects: Value error, unknown kind 'chimney'"),
        ('severity = "critical"', "severity = 1", "alert.severity: Input should be"),
        (
            'severity = "critical"',
            'severity = "info"\nduty = true\nfor_h = 1',
            "alert: Value error, a duty is recorded",
        ),
        (
            'severity = "critical"',
            'severity = "info"\nno_data_for_h = 0',
            "alert.no_data_for_h: Input should be greater",
        ),
        (
            'severity = "critical"',
            'severity = "info"\nduty = true\nno_data_for_h = 24',
            "alert: Value error, no_data_for_h is of single subjects",
        ),
        (
            'severity = "critical"',
            'severity = "info"\neach_period = true\nno_data_for_h = 24',
            "alert: Value error, no_data_for_h is of single subjects",
        ),
        (
            'severity = "critical"',
            'severity = "info"\neach_period = true\nkeep_firing_for_h = 1',
            "alert: Value error, each_period is of single subjects",
        ),
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
    assert list(rules.variants) == ["x.hourly"]


def test_variants_of_an_id_must_not_overlap(tmp_path: Path) -> None:
    until = RULE.replace("2026-01-01", "2026-01-01\nvalid_to = 2026-06-30")
    after = RULE.replace("2026-01-01", "2026-07-01").replace("version = 1", "version = 2")
    rules = load(tmp_path, after, until)
    assert [rule.version for rule in rules.variants["x.hourly"]] == [1, 2]
    boundary = day_start(rules.variants["x.hourly"][1].valid_from)
    assert rules.in_force("x.hourly", boundary).version == 2
    early, late = rules.variants["x.hourly"]
    assert (early.is_valid_at(boundary), late.is_valid_at(boundary)) == (False, True)

    overlapping = after.replace("2026-07-01", "2026-06-30")
    with pytest.raises(PackError, match=re.escape("x.hourly.valid_from: overlaps the validity of the same id")):
        load(tmp_path, until, overlapping)
    with pytest.raises(PackError, match="overlaps"):
        load(tmp_path, RULE, RULE)
    with pytest.raises(PackError, match=re.escape("version: 1 is also that from 2026-01-01")):
        load(tmp_path, until, after.replace("version = 2", "version = 1"))
    with pytest.raises(PackError, match=re.escape("applies: differs from the same id")):
        load(tmp_path, until, after.replace('"legal" }', '"ule" }'))


def test_an_id_belongs_to_one_pack(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / f"{name}.toml").write_text(HEAD.replace('"x"', f'"{name}"') + RULE, "utf-8")
    with pytest.raises(PackError, match=re.escape("b.toml: rule x.hourly.id: duplicate, it is also in a.toml")):
        load_packs([tmp_path / "a.toml", tmp_path / "b.toml"])
    (tmp_path / "c.toml").write_text(HEAD.replace('"x"', '"a"') + RULE.replace("x.hourly", "y.hourly"), "utf-8")
    with pytest.raises(PackError, match=re.escape("c.toml: pack: 'a' is also the name of a.toml")):
        load_packs([tmp_path / "a.toml", tmp_path / "c.toml"])


def test_a_share_counts_a_rule_that_exists_and_selects_the_same(tmp_path: Path) -> None:
    share = (
        changed("x.hourly", "x.monthly")
        .replace('"hourly_limit"', '"monthly_share"')
        .replace(
            "min_valid_minutes = 45\nambient_o2_from_pct = 19.0",
            'of = "x.hourly"\nmin_share_pct = 95.0\nmin_judged_pct = 75.0',
        )
    )
    assert load(tmp_path, RULE, share).enabled
    with pytest.raises(PackError, match=re.escape("x.monthly.params.of: no hourly rule 'x.hourly'")):
        load(tmp_path, share)
    with pytest.raises(PackError, match=re.escape("x.monthly.enabled: x.hourly is disabled")):
        load(tmp_path, RULE.replace("enabled = true", "enabled = false"), share)
    with pytest.raises(PackError, match=re.escape("x.monthly.applies: differs from that of x.hourly")):
        load(tmp_path, RULE, share.replace('kind = "legal"', 'kind = "ule"'))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(PackError, match=re.escape("none.toml")):
        load_packs([tmp_path / "none.toml"])


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("value = 30.0", "valeu = 30.0", "limit x.stack.so2.value: Field required"),
        ("value = 30.0", "value = 30.0\nhold = 1", "limit x.stack.so2.hold: Extra inputs are not permitted"),
        ("value = 30.0", "value = 0.0", "limit x.stack.so2.value: Input should be greater than 0"),
        ("value = 30.0", "value = inf", "limit x.stack.so2.value: Input should be a finite number"),
        ("value = 30.0", 'value = "30"', "limit x.stack.so2.value: Input should be a valid number"),
        ('unit = "mg/m3"\n', "", "limit x.stack.so2.unit: Field required"),
        ('"mg/m3"', '"ppm"', "limit x.stack.so2.unit: Input should be 'mg/m3'"),
        ('"mg/m3"', '"kg/h"', "limit x.stack.so2.reference_o2_pct: rates and totals come from"),
        ("reference_o2_pct = 8.0", "reference_o2_pct = 21.0", "reference_o2_pct: Input should be less than 21"),
        ('"coke_oven_stack"', '"stack"', "limit x.stack.so2.process: process 'stack' is unknown; expected one of"),
        ('quantity = "so2"', 'quantity = "o2"', "limit x.stack.so2.quantity: quantity 'o2' is unknown; expected one"),
        ('["start_up"]', '["start"]', "limit x.stack.so2.exempt_process: exempt_process 'start' is unknown"),
        (
            'averaging = "hour"',
            'averaging = "year"',
            "limit x.stack.so2.unit: a yearly total is in t, and nothing else is",
        ),
        ('averaging = "hour"', 'averaging = "week"', "limit x.stack.so2.averaging: Input should be 'hour'"),
        ('kind = "legal"', 'kind = "local"', "limit x.stack.so2.kind: Input should be 'legal' or 'ule'"),
        ('clause = "1.1"\n', "", "limit x.stack.so2.clause: Field required"),
        ('source = "原文"', 'source = ""', "limit x.stack.so2.source: String should have at least 1 character"),
        ('"V1"', '"KH"', "limit x.stack.so2.enabled: a limit of confidence KH stays disabled"),
        ('"V1"', '"KL"', "limit x.stack.so2.confidence: Input should be 'V'"),
        ('"law"', '"draft"', "limit x.stack.so2.enabled: a limit of status draft stays disabled"),
        ("2026-01-01", "2026-01-01\nvalid_to = 2025-12-31", "limit x.stack.so2.valid_to: valid_to must not be before"),
        ('key = "x.stack.so2"', 'key = "SO2"', "limit SO2.key: String should match pattern"),
    ],
)
def test_a_limit_that_is_refused(tmp_path: Path, old: str, new: str, message: str) -> None:
    with pytest.raises(PackError, match=re.escape(message)) as error:
        load(tmp_path, changed(old, new, LIMIT))
    assert str(error.value).startswith("x.toml: ")


def test_a_pack_of_limits_alone(tmp_path: Path) -> None:
    (preset,) = load(tmp_path, LIMIT).limits
    limit = preset.limit(7)
    assert (limit.limit_id, limit.value, limit.reference_o2_pct, limit.exempt_process) == (7, 30.0, 8.0, ("start_up",))
    assert (limit.origin, limit.outlet, limit.process, limit.region) == ("preset", None, "coke_oven_stack", Region.ANY)
    with pytest.raises(
        PackError, match=re.escape("x.toml: pack: Value error, a pack has [[rule]] or [[limit]] tables")
    ):
        load(tmp_path)


def test_limits_of_one_scope_must_not_overlap(tmp_path: Path) -> None:
    other = LIMIT.replace("x.stack.so2", "x.stack.so2.later").replace("2026-01-01", "2027-01-01")
    ended = LIMIT.replace("2026-01-01", "2026-01-01\nvalid_to = 2026-12-31")
    assert len(load(tmp_path, ended, other).limits) == 2
    with pytest.raises(PackError, match=re.escape("valid_from 2027-01-01 overlaps the row from 2026-01-01")):
        load(tmp_path, LIMIT, other)
    with pytest.raises(PackError, match=re.escape("limit x.stack.so2.key: duplicate, it is also in x.toml")):
        load(tmp_path, ended, other.replace("x.stack.so2.later", "x.stack.so2"))
    special = LIMIT.replace("x.stack.so2", "x.stack.so2.key").replace("value", 'region = "key"\nvalue')
    assert len(load(tmp_path, LIMIT, special).limits) == 2


def test_the_shipped_packs_hold_together() -> None:
    rules = load_packs()
    assert [path.name for path in default_packs()] == [
        "carbon.toml",
        "data_quality.toml",
        "duties.toml",
        "early_warning.toml",
        "emission.toml",
        "energy.toml",
        "energy_balance.toml",
        "energy_metering.toml",
        "ldar.toml",
        "ldar_emission.toml",
        "ldar_repair.toml",
        "ldar_signs.toml",
        "limits_coking.toml",
        "limits_other.toml",
        "limits_voc.toml",
        "mass.toml",
        "platform.toml",
        "qa.toml",
        "reminders.toml",
        "reported.toml",
        "signs.toml",
        "voc.toml",
        "water_balance.toml",
        "water_metering.toml",
    ]
    assert {
        "legal.hourly",
        "legal.single",
        "legal.daily",
        "ule.hourly",
        "ule.monthly",
        "water.meter_installation_rate",
        "water.intake_online_rate.green_park_plan",
        "water.intake_online_rate.coking_plan",
        "energy.fit_rate",
        "data.arrival_rate",
        "data.meter_frozen",
        "data.correction_magnitude",
        "data.meter_step",
        "data.identical_increments",
        "water.balance",
        "water.balance_watch",
        "water.permit",
        "water.control_index",
        "water.report_check",
        "water.reuse_rate",
        "water.quota",
        "water.cap",
        "water.cap_watch",
        "energy.balance.electricity",
        "energy.balance.coke_oven_gas",
        "energy.balance.natural_gas",
        "energy.balance.steam",
        "energy.unit",
        "energy.unit_access",
        "energy.total",
        "energy.retrofit_list",
        "energy.benchmark_share",
        "ldar.gb37822",
        "ldar.first_attempt",
        "ldar.repair",
        "ldar.gb31571_first_attempt",
        "ldar.gb31571_repair",
        "ldar.spot_check",
        "ldar.voc_emission",
        "ldar.gb31571",
        "ldar.sign_times",
        "ldar.sign_speed",
        "ldar.sign_undeclared",
        "ldar.sign_dwell",
        "ldar.sign_background",
        "ldar.sign_response_factor",
        "ldar.sign_ledger",
        "ldar.sign_period",
        "ldar.sign_calibration",
        "ldar.sign_digits",
        "ldar.sign_movement",
        "ldar.sign_video",
        "ldar.sign_repair",
        "ldar.sign_two_places",
        "ldar.wuhai_yearly",
        "data.point_offline",
        "data.gateway_offline",
        "data.reported_minute",
        "data.reported_hour",
        "data.reported_converted",
        "data.reported_total",
        "data.reported_day",
        "data.reported_day_converted",
        "warn.legal",
        "warn.ule",
        "gc.run_gap",
        "voc.oxidiser_o2",
        "data.capture_rate",
        "data.transmission_rate",
        "legal.rate",
        "mass.yearly",
        "platform.rule_failed",
        "platform.channel_failed",
        "carbon.account",
        "green.share",
        "green.share.chemical",
        "solid.rate",
        "duty.visual_weekly",
        "duty.cooling_water_toc",
        "duty.soil_monitoring",
        "duty.hidden_danger",
        "duty.retrofit_dispatch",
        "duty.meter_verification",
        "remind.due_soon",
        "remind.due_today",
    } == {rule_id for rule_id in rules.enabled if not rule_id.startswith("sign.")}


def test_the_limits_in_force_are_those_that_somebody_read() -> None:
    """The whole list, so that none gets into force by a slip: process, quantity, kind, averaging, region, value, O2."""
    found = {
        (
            one.process,
            one.quantity,
            one.kind.value,
            one.averaging.value,
            one.region.value,
            one.value,
            one.reference_o2_pct,
        )
        for one in load_packs().limits
        if one.enabled
    }
    dust = ("charging", "pushing", "dry_quenching", "material_handling", "ammonium_sulfate_drying")
    stack = {"pm": 10.0, "so2": 30.0, "nox": 150.0, "nmhc": 100.0, "nh3": 8.0}
    fence = {
        "pm": 1.0, "hcl": 0.2, "benzo_a_pyrene": 0.000008, "benzene": 0.4, "toluene": 0.8, "xylene": 0.8, "nmhc": 4.0,
    }  # fmt: skip
    assert found == {
        *(("coke_oven_stack", quantity, "ule", "hour", "any", value, 8.0) for quantity, value in stack.items()),
        *((process, "pm", "ule", "hour", "any", 10.0, None) for process in dust),
        ("wastewater_treatment", "nmhc", "ule", "hour", "any", 100.0, None),
        ("in_plant", "nmhc", "legal", "hour", "general", 10.0, None),
        ("in_plant", "nmhc", "legal", "hour", "key", 6.0, None),
        ("in_plant", "nmhc", "legal", "single", "general", 30.0, None),
        ("in_plant", "nmhc", "legal", "single", "key", 20.0, None),
        *(
            ("fenceline_petrochemical", quantity, "legal", "hour", "any", value, None)
            for quantity, value in fence.items()
        ),
    }


def test_a_limit_whose_reference_nobody_read_is_a_draft() -> None:
    limits = {one.key: one for one in load_packs().limits}
    for key in ("ule_coking.tubular_furnace.pm", "ule_coking.semi_coke_drying.pm"):
        assert (limits[key].confidence, limits[key].status, limits[key].enabled) == ("V2", "draft", False)
    assert all(one.status == "draft" for one in limits.values() if not one.enabled)


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
    assert seen == 10


def test_every_rule_with_a_term_is_a_duty_and_tells_of_its_own_subjects() -> None:
    for rules in load_packs().variants.values():
        for rule in rules:
            has_term = rule.evaluator in ("leak_schedule", "yearly_campaign", "duty")
            assert rule.alert.duty >= has_term
            if isinstance(rule.typed_params, DutyParams):
                assert rule.alert.subjects == [rule.typed_params.who.kind.value]


DUTY = """
[[rule]]
id = "x.duty"
version = 1
title = "标题"
standard = "GB 1"
clause = "1.1"
document = "标准"
document_status = "现行"
confidence = "V1"
status = "law"
enabled = true
evaluator = "duty"
valid_from = 2026-01-01

[rule.params]
who = { subjects = "enterprise", on_list = "some_list" }
anchor = "last_done"
months = 6
due_soon_days = 30
evidence = ["report"]

[rule.alert]
severity = "info"
subjects = ["enterprise"]
duty = true
"""


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("months = 6", "", "exactly one of weeks"),
        ("months = 6", "months = 6\nyears = 1", "exactly one of weeks"),
        ("months = 6", "months = 0", "greater than or equal to 1"),
        ("months = 6", "monthday = 15", "a day of the month is of the calendar"),
        ("months = 6", 'months = "6"', "valid integer"),
        ('anchor = "last_done"', 'anchor = "register"', "anchor register is of meters"),
        ('["report"]', '["reports"]', "unknown kind of evidence 'reports'"),
        ('subjects = "enterprise", on_list', 'subjects = "park", on_list', "are of enterprises"),
        ('subjects = "enterprise", on_list', 'subjects = "analyser", on_list', "quantities are of analysers"),
        ('on_list = "some_list"', 'list = "some_list"', "Extra inputs are not permitted"),
    ],
)
def test_a_duty_says_whom_and_how_often(tmp_path: Path, old: str, new: str, reason: str) -> None:
    load(tmp_path, DUTY)
    with pytest.raises(PackError, match=re.escape(reason)):
        load(tmp_path, changed(old, new, DUTY))


def test_packs_name_no_working_paper() -> None:
    for path in default_packs():
        assert re.search(r"\b[SWGE]\d{1,2}\b", path.read_text("utf-8")) is None
