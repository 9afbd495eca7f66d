"""What people call the things that rules, messages and silences name by codes. The words are pure; `names_of` reads."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from domain.air import POLLUTANTS
from domain.errors import BadInput
from domain.findings import Subject, SubjectKind
from storage.alertseries import subject_names
from storage.channels import states
from storage.database import Connection

#: Kinds of subjects.
KINDS = {
    SubjectKind.CITY: "全市",
    SubjectKind.DISTRICT: "旗县区",
    SubjectKind.PARK: "园区",
    SubjectKind.ENTERPRISE: "企业",
    SubjectKind.LINE: "生产线",
    SubjectKind.INTAKE: "取水口",
    SubjectKind.PLACE: "计量点位",
    SubjectKind.OUTLET: "排口",
    SubjectKind.POLLUTANT: "污染物",
    SubjectKind.POINT: "测点",
    SubjectKind.GATEWAY: "网关",
    SubjectKind.COMPONENT: "密封点",
    SubjectKind.CHANNEL: "通知渠道",
    SubjectKind.RULE: "规则",
}

#: What rules are about, by their id up to the first dot.
FAMILIES = {
    "ule": "超低排放",
    "legal": "法定限值",
    "warn": "超标预警",
    "mass": "排放总量",
    "voc": "挥发性有机物",
    "data": "数据质量",
    "qa": "质控",
    "sign": "异常迹象",
    "water": "用水",
    "energy": "能源",
    "carbon": "碳排放",
    "green": "绿电",
    "solid": "固废",
    "ldar": "泄漏检测与修复",
    "gc": "色谱质控",
    "duty": "应办事项",
    "remind": "到期提醒",
    "platform": "平台自身",
}

#: What people do about alerts, by the kind of the line in its history.
DEEDS = {
    "acknowledged": "签收",
    "return_confirmed": "确认恢复",
    "commented": "备注",
    "handed_over": "转交",
    "shelved": "搁置",
    "unshelved": "取消搁置",
    "out_of_service": "停用",
    "in_service": "恢复使用",
}

#: What a message is about, by the occasion.
OCCASIONS = {
    "firing": "告警",
    "resolved": "恢复",
    "withdrawn": "撤销",
    "repeated": "重复提醒",
    "realarmed": "再次告警",
    "escalated": "升级",
    "handed_over": "转交",
    "digest": "汇总",
    "test": "测试",
}

#: Kinds of ways to reach people.
CHANNELS = {
    "log": "运行日志",
    "webhook": "接口推送",
    "dingtalk": "钉钉",
    "wecom": "企业微信",
    "feishu": "飞书",
    "email": "邮件",
    "sms": "短信",
}


@dataclass(frozen=True, slots=True)
class Names:
    """subjects: by subject, (name of the enterprise, own name), None where the register has none; channels: kind by
    code."""

    subjects: Mapping[str, tuple[str | None, str | None]] = field(default_factory=dict)
    channels: Mapping[str, str] = field(default_factory=dict)

    def channel(self, code: str) -> str:
        """短信; the code itself where nothing is known of it."""
        kind = self.channels.get(code) or next((one for one in CHANNELS if code.startswith(one)), "")
        return CHANNELS.get(kind, code)

    def own(self, subject: str) -> str | None:
        """The register's name of a subject, without its enterprise."""
        return self.subjects.get(subject, (None, None))[1]

    def subject(self, text: str, fallback: str | None = None) -> str:
        """A subject within its enterprise: 焦炉烟囱（S1） 氮氧化物; its key where it has no name. fallback: what it was
        called once."""
        try:
            subject = Subject.parse(text)
        except (ValueError, BadInput):
            return text
        own = self.own(text) or fallback or ""
        code = subject.key.partition("/")[2] or subject.key
        if subject.kind is SubjectKind.CHANNEL:
            return f"{KINDS[subject.kind]} {self.channel(subject.key)}"
        if subject.kind is SubjectKind.RULE:
            return f"{KINDS[subject.kind]} {own or code}"
        if subject.kind is SubjectKind.POLLUTANT:
            code, _, measured = code.partition("/")
            return f"{_with_code(own, code)} {POLLUTANTS.get(measured, measured)}"
        if subject.enterprise is None or subject.kind is SubjectKind.ENTERPRISE:
            return own or code
        return f"{KINDS[subject.kind]} {_with_code(own, code)}"


def _with_code(name: str, code: str) -> str:
    """A name that has the code in it says it once."""
    if not name:
        return code
    return name if code in name else f"{name}（{code}）"


async def names_of(connection: Connection, subjects: Iterable[str]) -> Names:
    """The names of some subjects, and of every channel. What cannot be read as a subject is left out."""
    found: dict[str, Subject] = {}
    for text in subjects:
        try:
            found[text] = Subject.parse(text)
        except (ValueError, BadInput):
            continue
    named = await subject_names(connection, found.values()) if found else {}
    return Names(
        {text: named[subject] for text, subject in found.items()},
        {state.channel: state.kind or "" for state in await states(connection)},
    )
