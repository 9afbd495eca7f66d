"""What to do about a violation: by its reason where that says enough, else by what it is about. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from domain.alerts import CurrentFinding
from domain.findings import SubjectKind

_BY_KIND: Mapping[SubjectKind, str] = {
    SubjectKind.OUTLET: "请联系企业核实工况、治理设施和监测数据，情况属实的安排现场检查。",
    SubjectKind.POLLUTANT: "请联系企业核实工况、治理设施和监测数据，情况属实的安排现场检查。",
    SubjectKind.ENTERPRISE: "请督促企业补齐、检定计量器具，或恢复数据上传。",
    SubjectKind.DISTRICT: "请督促所属企业补齐、检定计量器具，或恢复数据上传。",
    SubjectKind.CITY: "请督促所属企业补齐、检定计量器具，或恢复数据上传。",
    SubjectKind.LINE: "请督促企业核对该生产线的产量和能源台账。",
    SubjectKind.POINT: "请联系企业检查仪表、网关的供电和网络。",
    SubjectKind.GATEWAY: "请联系企业检查网关的供电和网络。",
    SubjectKind.COMPONENT: "请督促企业尽快检测并上传检测记录。",
    SubjectKind.CHANNEL: "请平台工程师按报错检查该通道的地址、密钥和网络；恢复前，经该通道的通知可能收不到。",
    SubjectKind.RULE: "请平台工程师查看规则服务的日志。",
}
#: Reasons that mean one thing whatever rule gave them.
_BY_REASON: Mapping[str, str] = {
    "over_budget": "请督促企业核对能源台账，提出减排安排；台账有误的更正后自动重算。",
}
#: A share that falls short, by a key that only its evidence has.
_BY_EVIDENCE: Mapping[str, str] = {
    "components_kwh": "请会同能源主管部门核对绿电台账，督促企业扩大绿电直供、交易或购买绿证。",
    "capacity_reaching_t_a": "请督促未达到标杆水平的焦化企业实施节能改造，并核对其产量和能源台账。",
    "utilisation_pct": "请督促企业落实固废综合利用或规范处置，并核对固废台账。",
}


def advice(finding: CurrentFinding, evidence: Mapping[str, Any]) -> str:
    """One sentence for whoever is on duty."""
    by_evidence = next((text for key, text in _BY_EVIDENCE.items() if key in evidence), None)
    return _BY_REASON.get(finding.reason) or by_evidence or _BY_KIND[finding.subject.kind]
