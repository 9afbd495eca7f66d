"""Rules that are shipped disabled and that the bureau of this city has put in force, with its reason and source."""

from __future__ import annotations

_CALIBRATION = ("已对照标准原文核对校准周期与失控限（虚构）", "HJ 75-2017 第11章（虚构的核对）")

#: Rule: (reason, source).
ENABLED = {
    "qa.calibration_due": _CALIBRATION,
    "qa.zero_drift": _CALIBRATION,
    "qa.span_drift": _CALIBRATION,
    "water.fit_rate": ("已对照2022年版原文核对配备率（虚构）", "GB/T 24789-2022 第4章（虚构的核对）"),
    "water.leak_rate": ("按市节水办的节水型企业标准执行（虚构）", "云川市节水型企业评价办法（虚构）"),
}
