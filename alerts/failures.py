"""Why a channel could not send, in words for who must mend it. Pure: the error as it is recorded in, Chinese out.

The record and the log keep English, as developers read it; alerts and the desk are read by duty officers.
"""

from __future__ import annotations

import re

#: What kinds of channels are called.
CHANNEL_WORDS = {
    "dingtalk": "钉钉群通道", "wecom": "企业微信群通道", "feishu": "飞书群通道", "email": "邮件通道", "sms": "短信通道",
    "webhook": "Webhook 通道", "log": "日志通道",
}  # fmt: skip
_GONE = "no such token"
#: What is said behind the number of an error, or alone.
_PHRASES = {
    "security settings refuse it: signature, keyword or address": "机器人安全设置拒收（加签、关键词或服务器地址不符）",
    "no such token, or parameters are wrong": "机器人地址已失效或参数不对",
    _GONE: "机器人地址已失效",
    "no such robot": "没有这个机器人",
    "no such key": "密钥不对",
    "the robot is stopped": "机器人已停用",
    "the robot is not in the group": "机器人不在群里",
    "the group is dissolved": "群已解散",
    "parameters are wrong, or the text is too long": "参数不对或内容太长",
    "parameters are wrong": "参数不对",
    "the text is too long": "内容太长",
    "content is empty": "内容为空",
    "signature does not match, or the clock is more than an hour wrong": "签名不符，或服务器时钟相差一小时以上",
    "the address is not allowed": "服务器地址不在允许范围",
    "a keyword is missing": "缺少规定的关键词",
    "the request is refused": "请求被拒绝",
    "not permitted": "没有权限",
    "too fast or busy": "发送太快或对方繁忙",
    "too fast": "发送太快",
    "refused": "被拒绝",
    "sign-in refused": "登录被拒绝",
    "receiver refused": "收件人被拒绝",
    "no mail address": "没有邮箱地址",
    "no mobile number": "没有手机号",
    "too many messages under way": "正在发送的消息太多",
    "certificate or TLS not accepted": "证书或加密连接不被接受",
    "the server does not offer STARTTLS or signing in": "邮件服务器不支持加密或登录",
    "answer broke off": "应答中断",
    "not reached": "连接不上",
    "connection refused": "连接被拒绝（对方没有开放该端口）",
    "host name not found": "域名解析不到，请检查地址和 DNS",
    "channel did not come back": "通道没有返回",
    "the plugin sent nothing": "通道程序没有发出请求",
    "content type is wrong": "内容类型不对",
    "kind of message is not supported": "不支持这类消息",
    "kind of message is wrong": "消息类型不对",
    "a link is refused": "消息中的链接被拒绝",
    "a text is refused": "消息中的文字被拒绝",
    "a picture is refused": "消息中的图片被拒绝",
    "content is refused": "消息内容被拒绝",
    "the card is wrong": "卡片格式不对",
    "not known here": "含义未知的错误",
}
_PATTERNS = (
    (re.compile(r"^answered HTTP (\d+) without JSON$"), r"对方返回 HTTP \1，内容无法识别"),
    (re.compile(r"^answered HTTP (\d+) without [\w.]+$"), r"对方返回 HTTP \1，内容无法识别"),
    (re.compile(r"^answered HTTP (429)$"), r"对方返回 HTTP \1（发送太快）"),
    (re.compile(r"^answered HTTP (401|403)$"), r"对方返回 HTTP \1（没有权限，请检查密钥）"),
    (re.compile(r"^answered HTTP (404|410)$"), r"对方返回 HTTP \1（地址不存在）"),
    (re.compile(r"^answered HTTP (3\d\d)$"), r"对方返回 HTTP \1（跳转，请检查地址或网络认证）"),
    (re.compile(r"^answered HTTP (5\d\d)$"), r"对方返回 HTTP \1（对方服务故障）"),
    (re.compile(r"^answered HTTP (\d+)$"), r"对方返回 HTTP \1"),
    (re.compile(r"^no answer within ([\d.]+) s$"), r"\1 秒内没有应答"),
    (re.compile(r"^no connection within ([\d.]+) s$"), r"\1 秒内连接不上"),
    (re.compile(r"^not reached: (\w+)$"), r"连接不上（\1）"),
    (re.compile(r"^SMTP (\d+)$"), r"邮件服务器返回 \1"),
    (re.compile(r"^channel raised (\w+)$"), r"通道程序出错（\1）"),
    (re.compile(r"^no alert stage has this channel any more$"), "告警服务已不再配置该通道"),
    (re.compile(r"^person:(\S+) has no address in this channel$"), r"人员 \1 没有登记该通道的联系方式"),
)
_NUMBERED = re.compile(r"^([\w.]+ \S+): (.+)$")


def failure_text(error: str) -> str:
    """An error of `ChannelFailed` in Chinese, its number kept; one that is not known as it is."""
    for pattern, words in _PATTERNS:
        if pattern.match(error):
            return pattern.sub(words, error)
    if error in _PHRASES:
        return _PHRASES[error]
    numbered = _NUMBERED.match(error)
    if numbered is not None and numbered[2] in _PHRASES:
        return f"{_PHRASES[numbered[2]]}（{numbered[1]}）"
    return error
