"""The closed list of deviations from HJ 212 that a lenient station is forgiven, each counted under its name.

Names are stored with the counts, so they are never renamed. What no station may do (a wrong CRC, an unknown MN, a flag
letter that does not exist) is no quirk but a reason of refusal. What is odd between frames is counted at every station.
"""

from __future__ import annotations

from enum import StrEnum


class Quirk(StrEnum):
    """A deviation that does not keep a frame from being understood."""

    # framing
    LENGTH_MISMATCH = "length_mismatch"
    SEGMENT_TOO_LONG = "segment_too_long"
    CP_TOO_LONG = "cp_too_long"
    TAIL = "tail"
    CRC_LOWER_CASE = "crc_lower_case"
    ENCODING = "encoding"
    # header
    HEADER_SYNTAX = "header_syntax"
    HEADER_ORDER = "header_order"
    HEADER_REPEATED = "header_repeated"
    HEADER_UNKNOWN_FIELD = "header_unknown_field"
    HEADER_CASE = "header_case"
    QN_MISSING = "qn_missing"
    QN_FORM = "qn_form"
    ST_MISSING = "st_missing"
    ST_UNKNOWN = "st_unknown"
    CN_UNKNOWN = "cn_unknown"
    PW_MISSING = "pw_missing"
    PW_FORM = "pw_form"
    MN_FORM = "mn_form"
    FLAG_MISSING = "flag_missing"
    FLAG_FORM = "flag_form"
    PACKET_NUMBERS_MISSING = "packet_numbers_missing"
    PACKET_NUMBERS_UNASKED = "packet_numbers_unasked"
    PACKET_NUMBERS_WRONG = "packet_numbers_wrong"
    PACKET_NUMBERS_FORM = "packet_numbers_form"
    RF = "rf"
    PLAIN_TEXT = "plain_text"
    ENCRYPTION_UNASKED = "encryption_unasked"
    # data area
    EMPTY_ITEM = "empty_item"
    BARE_FLAG = "bare_flag"
    WRONG_SEPARATOR = "wrong_separator"
    SPACES = "spaces"
    NO_EQUALS_SIGN = "no_equals_sign"
    REPEATED_KEY = "repeated_key"
    FACTOR_FORM = "factor_form"
    UNKNOWN_KEY = "unknown_key"
    FLAG_BEFORE_VALUE = "flag_before_value"
    FLAG_WITHOUT_VALUE = "flag_without_value"
    EMPTY_SAMPLE_TIME = "empty_sample_time"
    DATA_TIME_PLACE = "data_time_place"
    # between frames
    QN_REUSED = "qn_reused"
    QN_BACKWARDS = "qn_backwards"


#: (Chinese, English) of each, for people.
QUIRK_TEXTS: dict[Quirk, tuple[str, str]] = {
    Quirk.LENGTH_MISMATCH: ("长度字段与数据段实际长度不符", "the length field is not the length of the data segment"),
    Quirk.SEGMENT_TOO_LONG: ("数据段超过 1024 字符而未拆分", "the data segment has more than 1024 characters"),
    Quirk.CP_TOO_LONG: ("数据区超过规定长度", "the data area has more than 950 characters (960 in 2005)"),
    Quirk.TAIL: ("包尾不是回车换行", "the frame does not end in CR LF"),
    Quirk.CRC_LOWER_CASE: ("CRC 使用小写字母", "the CRC is written in lower case"),
    Quirk.ENCODING: ("字符不是 UTF-8 编码", "characters that are not UTF-8"),
    Quirk.HEADER_SYNTAX: ("数据段结构分隔符错误", "fields of the header are not separated by a single ;"),
    Quirk.HEADER_ORDER: ("数据段字段顺序错误", "fields of the header are out of order"),
    Quirk.HEADER_REPEATED: ("数据段字段重复", "a field of the header is given twice"),
    Quirk.HEADER_UNKNOWN_FIELD: ("数据段含未知字段", "the header has a field that the standard does not know"),
    Quirk.HEADER_CASE: ("数据段字段名大小写错误", "the name of a header field is in the wrong case, such as FLAG"),
    Quirk.QN_MISSING: ("缺少请求编码 QN", "QN is missing"),
    Quirk.QN_FORM: ("请求编码 QN 不是 17 位时间", "QN is not a time of 17 digits"),
    Quirk.ST_MISSING: ("缺少系统编码 ST", "ST is missing"),
    Quirk.ST_UNKNOWN: ("系统编码 ST 不在标准内", "ST is not in the standard"),
    Quirk.CN_UNKNOWN: ("命令编码 CN 不在标准内", "CN is not in the edition of the standard that the frame follows"),
    Quirk.PW_MISSING: ("缺少访问密码 PW", "PW is missing"),
    Quirk.PW_FORM: ("访问密码 PW 不是 6 位", "PW does not have 6 characters"),
    Quirk.MN_FORM: ("设备标识 MN 格式错误", "MN is not 24 characters 0-9 A-F (14 characters in 2005)"),
    Quirk.FLAG_MISSING: ("缺少标志位 Flag", "Flag is missing from the header"),
    Quirk.FLAG_FORM: ("标志位 Flag 错误", "Flag is no number of an edition that exists"),
    Quirk.PACKET_NUMBERS_MISSING: ("标志位要求包号但缺少 PNUM/PNO", "Flag announces PNUM and PNO, which are missing"),
    Quirk.PACKET_NUMBERS_UNASKED: ("标志位未要求包号但含 PNUM/PNO", "PNUM or PNO without being announced by Flag"),
    Quirk.PACKET_NUMBERS_WRONG: ("包号超出总包数", "not 1 <= PNO <= PNUM"),
    Quirk.PACKET_NUMBERS_FORM: ("包号格式错误", "PNUM or PNO is padded with zeros"),
    Quirk.RF: ("补传标志 RF 错误", "RF is not 1, or appears before the 2025 edition"),
    Quirk.PLAIN_TEXT: ("已登记密钥的站点发送明文", "plain text although a key is registered for the station"),
    Quirk.ENCRYPTION_UNASKED: ("不应加密的命令被加密", "encrypted, where the 2025 edition does not provide for it"),
    Quirk.EMPTY_ITEM: ("数据区含空项", "an empty item in the data area, such as a ; before the closing &&"),
    Quirk.BARE_FLAG: ("数据标记缺少污染物编码", "Flag=N without the code of a factor"),
    Quirk.WRONG_SEPARATOR: (
        "数据区分隔符错误",
        "attributes of different factors are separated by , or of one factor by ;",
    ),
    Quirk.SPACES: ("数据区含空格", "spaces around a key or a value"),
    Quirk.NO_EQUALS_SIGN: ("数据项缺少等号", "an item without ="),
    Quirk.REPEATED_KEY: ("数据项重复", "a key is given twice"),
    Quirk.FACTOR_FORM: ("污染物编码格式错误", "a factor code of a form that the edition does not have"),
    Quirk.UNKNOWN_KEY: ("数据项名称不在标准内", "a key that the standard does not have, such as -td or -ZsCou"),
    Quirk.FLAG_BEFORE_VALUE: ("数据标记位于数值之前", "-Flag stands before the value that it speaks of"),
    Quirk.FLAG_WITHOUT_VALUE: ("数据标记没有对应数值", "-Flag of a factor without any value"),
    Quirk.EMPTY_SAMPLE_TIME: ("采样时间为空", "-SampleTime is empty"),
    Quirk.DATA_TIME_PLACE: ("数据时间 DataTime 不在首项", "DataTime is not the first item of the data area"),
    Quirk.QN_REUSED: ("同一请求编码 QN 发送了不同内容", "the QN of an earlier upload with another content"),
    Quirk.QN_BACKWARDS: ("请求编码 QN 早于前一次上报", "a QN more than a minute before that of the last upload"),
}
