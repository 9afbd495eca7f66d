"""The closed list of reasons for which an item is refused. Codes are part of the public contract: never renamed.

One item is one value of one point in one sample, one record of leak detection and repair or one figure for the ledger;
a message that cannot be taken apart counts as a single item. Accounting law, per enterprise and day:
received = stored + duplicates + corrections + refused.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Reason(StrEnum):
    """Why an item was refused."""

    FOREIGN_TENANT = "foreign_tenant"
    BAD_TOPIC = "bad_topic"
    FORMAT_NOT_SUPPORTED = "format_not_supported"
    OVERSIZE = "oversize"
    BAD_PAYLOAD = "bad_payload"
    BAD_SAMPLE = "bad_sample"
    BAD_TIME = "bad_time"
    NAIVE_TIME = "naive_time"
    FUTURE_TIME = "future_time"
    TOO_OLD = "too_old"
    UNKNOWN_POINT = "unknown_point"
    NOT_A_NUMBER = "not_a_number"
    BAD_FLAG = "bad_flag"
    UNKNOWN_COMPONENT = "unknown_component"
    BAD_LEAK_TEST = "bad_leak_test"
    BAD_LEAK_RECORD = "bad_leak_record"
    NOT_IN_SERVICE = "not_in_service"
    UNKNOWN_INSTALLATION = "unknown_installation"
    UNKNOWN_CAMPAIGN = "unknown_campaign"
    UNKNOWN_INSTRUMENT = "unknown_instrument"
    ILLEGAL_STEP = "illegal_step"
    BUREAU_ONLY = "bureau_only"
    UNKNOWN_LINE = "unknown_line"
    BAD_PRODUCTION = "bad_production"
    BAD_STATUS = "bad_status"
    UNKNOWN_STATION = "unknown_station"
    BAD_FRAME = "bad_frame"
    BAD_CRC = "bad_crc"
    NOT_CONFORMANT = "not_conformant"
    CANNOT_DECRYPT = "cannot_decrypt"
    NO_BIRTH = "no_birth"


@dataclass(frozen=True, slots=True)
class ReasonText:
    """What a person reads about a reason, in both languages, and what was expected instead."""

    chinese: str
    english: str
    expected: str


TEXTS: dict[Reason, ReasonText] = {
    Reason.FOREIGN_TENANT: ReasonText(
        "主题属于其他企业：只能向自己企业代码下的主题发布",
        "the topic belongs to another enterprise; publish below your own enterprise code",
        "a topic below plantwatch/v1/{your enterprise code}/",
    ),
    Reason.BAD_TOPIC: ReasonText(
        "主题不符合 plantwatch/v1/{企业}/{网关}/{类别} 的格式",
        "the topic is not of the form plantwatch/v1/{enterprise}/{gateway}/{kind}",
        "plantwatch/v1/{enterprise}/{gateway}/ and readings, hj212, leak-tests, production or status;"
        " or spBv1.0/{enterprise}/...",
    ),
    Reason.FORMAT_NOT_SUPPORTED: ReasonText(
        "平台不接收该类别的报文",
        "this kind of message is not accepted",
        "readings, leak-test records, ledger records or a status",
    ),
    Reason.OVERSIZE: ReasonText(
        "报文超过 256 KiB", "the message is larger than 256 KiB", "at most 262144 bytes; send several messages"
    ),
    Reason.BAD_PAYLOAD: ReasonText(
        "报文内容无法解析", "the payload cannot be parsed in the format of its topic", "valid JSON in UTF-8"
    ),
    Reason.BAD_SAMPLE: ReasonText(
        "样本结构错误：应为含 at（或 ts）与 values 的对象",
        "the sample is not an object with at (or ts) and values",
        "an object with at (or ts) and values",
    ),
    Reason.BAD_TIME: ReasonText(
        "时间无法识别：at 应为带时区的 RFC 3339，ts 应为毫秒时间戳",
        "the time cannot be read: at must be RFC 3339 with offset, ts epoch milliseconds",
        "at as RFC 3339 with offset, or ts as epoch milliseconds",
    ),
    Reason.NAIVE_TIME: ReasonText(
        "时间缺少时区，例如 +08:00", "the time has no offset such as +08:00", "an offset, such as +08:00"
    ),
    Reason.FUTURE_TIME: ReasonText(
        "时间超前平台时钟一天以上",
        "the time is more than a day ahead of the platform's clock",
        "a time at most one day ahead",
    ),
    Reason.TOO_OLD: ReasonText(
        "时间早于平台接收的最早时间",
        "the time is before the earliest that the platform accepts",
        "a time from 2000-01-01 on",
    ),
    Reason.UNKNOWN_POINT: ReasonText(
        "测点未登记",
        "the point is not registered for this enterprise",
        "the code of a point that the register has for this enterprise",
    ),
    Reason.NOT_A_NUMBER: ReasonText("数值不是有限的数字", "the value is not a finite number", "a finite JSON number"),
    Reason.BAD_FLAG: ReasonText(
        "数据标记不在 N F M S D C T B 之内", "the flag is not one of N F M S D C T B", "one of N F M S D C T B"
    ),
    Reason.UNKNOWN_COMPONENT: ReasonText(
        "密封点未登记",
        "the component is not registered for this enterprise",
        "the code of a component that the register has for this enterprise",
    ),
    Reason.BAD_LEAK_TEST: ReasonText(
        "检测记录结构错误：应含 component、tested_at、net_umol_mol（或读数 reading_umol_mol）",
        "the leak-test record lacks component, tested_at or net_umol_mol, or something of it is wrong",
        "component, tested_at with offset, and net_umol_mol of 0 or more or reading_umol_mol",
    ),
    Reason.BAD_LEAK_RECORD: ReasonText(
        "维修、延迟修复备案、校准或事件记录缺少内容，或内容有误",
        "the record of a repair, filing, calibration or event lacks something, or something of it is wrong",
        "record (test, repair, delay, calibration or event) and the fields of that kind",
    ),
    Reason.NOT_IN_SERVICE: ReasonText(
        "记录当日密封点（或装置）尚未投用或已停用",
        "the component or installation was not in service on that day",
        "a time while it is in service by the register",
    ),
    Reason.UNKNOWN_INSTALLATION: ReasonText(
        "装置未登记",
        "the installation is not registered for this enterprise",
        "the code of an installation that the register has for this enterprise",
    ),
    Reason.UNKNOWN_CAMPAIGN: ReasonText(
        "检测轮次未登记",
        "the campaign is not registered for this enterprise",
        "the code of a campaign that the register has for this enterprise",
    ),
    Reason.UNKNOWN_INSTRUMENT: ReasonText(
        "检测仪器未登记",
        "the instrument is not registered for this enterprise",
        "the serial number of an instrument that the register has for this enterprise",
    ),
    Reason.ILLEGAL_STEP: ReasonText(
        "与密封点的泄漏状态不符：没有未修复的泄漏，或次序有误",
        "the step does not fit the component's leak: there is none that is open, or the order is wrong",
        "a repair, retest or filing of a leak that was found before and is not closed",
    ),
    Reason.BUREAU_ONLY: ReasonText(
        "监督抽查由监管人员报送：企业不能报送，也不能更正",
        "spot checks are the bureau's: an enterprise can neither report nor correct them",
        "purpose routine, retest or recheck, and another tested_at than the spot check's",
    ),
    Reason.UNKNOWN_LINE: ReasonText(
        "生产线未登记",
        "the production line is not registered for this enterprise",
        "the code of a production line that the register has for this enterprise",
    ),
    Reason.BAD_PRODUCTION: ReasonText(
        "台账记录错误：应含 item、month（或 year）、value、unit，产量等按生产线填报的还应含 line",
        "the ledger record lacks item, month or year, value or unit, or one of them is wrong",
        "item and unit as in GET /v1/ledger/items, month such as 2026-09, and value as a number of 0 or more",
    ),
    Reason.BAD_STATUS: ReasonText(
        "状态只能是 online 或 offline", "the status must be online or offline", "online or offline"
    ),
    Reason.UNKNOWN_STATION: ReasonText(
        "数采仪 MN 未登记在本企业名下",
        "the MN of the frame is not registered for this enterprise",
        "the MN of a station that the register has for this enterprise",
    ),
    Reason.BAD_FRAME: ReasonText(
        "HJ 212 数据包结构错误",
        "the HJ 212 frame is not well-formed",
        "## + length + data segment + CRC + CR LF (HJ 212-2017, 6.3)",
    ),
    Reason.BAD_CRC: ReasonText(
        "HJ 212 数据包 CRC 校验错误",
        "the CRC of the HJ 212 frame does not match its data segment",
        "the CRC of HJ 212-2017 Annex A over the data segment (it is not CRC-16/MODBUS)",
    ),
    Reason.NOT_CONFORMANT: ReasonText(
        "数据包不符合 HJ 212，且该站点登记为严格模式",
        "the frame deviates from HJ 212 and the station is registered as strict",
        "a frame as HJ 212 prescribes it, or a station that is registered as lenient",
    ),
    Reason.CANNOT_DECRYPT: ReasonText(
        "数据区无法用登记的 SM4 密钥解密",
        "the data area cannot be decrypted with the station's SM4 key",
        "SM4-ECB under the key that is registered for the station (HJ 212-2025)",
    ),
    Reason.NO_BIRTH: ReasonText(
        "Sparkplug 节点或设备尚未发布上线（BIRTH）报文，别名无法识别",
        "the Sparkplug node or device has published no birth that explains this metric; a rebirth is requested",
        "an NBIRTH or DBIRTH that names the metric, before the data",
    ),
}
