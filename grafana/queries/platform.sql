-- health --
select (select coalesce(sum(difference), 0) from dash.accounting_daily) as "记账差额",
       (select coalesce(sum(items), 0) from dash.pipeline_backlog) as "待处理",
       (select count(*) from dash.rule_health where enabled and health = 'error') as "出错规则",
       (select count(*) from dash.notification where state = 'failed' and $__timeFilter(time)) as "发送失败",
       (select count(*) from dash.gateway_status where not online) as "离线网关"

-- accounting_daily --
select time, sum(stored) as "入库", sum(duplicates) as "重复", sum(corrections) as "更正", sum(refused) as "拒收"
from dash.accounting_daily
where time >= dash.day_floor($__timeFrom()::timestamptz) and time <= $__timeTo()::timestamptz
  and ('__all__' in ($district) or district in ($district))
  and ('__all__' in ($enterprise) or enterprise in ($enterprise))
group by time
order by time

-- accounting --
select to_char(day, 'YYYY-MM-DD') as "日期", enterprise_name as "企业", messages as "报文", received as "接收",
       stored as "入库", duplicates as "重复", corrections as "更正", refused as "拒收", difference as "差额"
from dash.accounting_daily
where time >= dash.day_floor($__timeFrom()::timestamptz) and time <= $__timeTo()::timestamptz
  and ('__all__' in ($district) or district in ($district))
  and ('__all__' in ($enterprise) or enterprise in ($enterprise))
order by day desc, received desc, enterprise
limit 1000

-- refusal_reasons --
select reason as "原因", sum(items) as "拒收项数"
from dash.refusals
where $__timeFilter(time)
  and ('__all__' in ($district) or district in ($district))
  and ('__all__' in ($enterprise) or enterprise in ($enterprise))
group by reason
order by 2 desc

-- refusals --
select time as "接收时间", enterprise_name as "企业", gateway as "网关", reason as "原因", items as "项数",
       first_item as "第一项", expected as "应为", topic as "主题", payload_bytes as "报文大小", message_id as "报文编号"
from dash.refusals
where $__timeFilter(time)
  and ('__all__' in ($district) or district in ($district))
  and ('__all__' in ($enterprise) or enterprise in ($enterprise))
order by time desc, message_id desc
limit 200

-- backlog --
select stage as "环节", items as "待处理", oldest_at as "最早数据时间"
from dash.pipeline_backlog
order by position

-- rule_health --
select health as "状态", title as "规则", rule_id as "规则编号", version as "版本", enabled as "启用", status as "依据性质",
       standard || ' ' || clause as "依据", subjects as "对象数", through_at as "全部判定至",
       extract(epoch from $__timeTo()::timestamptz - through_at) as "滞后", last_evaluated_at as "最近执行",
       last_error as "最近错误"
from dash.rule_health
order by enabled desc, case health when 'error' then 0 when 'unknown' then 1 else 2 end, rule_id

-- findings_daily --
select dash.day_floor(time) as time, count(*) filter (where verdict = 'compliant') as "达标",
       count(*) filter (where verdict = 'violation') as "不达标", count(*) filter (where verdict = 'undetermined') as "无法判定"
from dash.finding
where time >= dash.day_floor($__timeFrom()::timestamptz) and time <= $__timeTo()::timestamptz
  and ('__all__' in ($district) or district in ($district))
  and ('__all__' in ($enterprise) or enterprise in ($enterprise))
group by 1
order by 1

-- notifications_daily --
select dash.day_floor(time) as time, count(*) filter (where state = 'sent') as "已发送",
       count(*) filter (where state = 'queued') as "待发送", count(*) filter (where state = 'failed') as "发送失败"
from dash.notification
where time >= dash.day_floor($__timeFrom()::timestamptz) and time <= $__timeTo()::timestamptz
group by 1
order by 1

-- notifications --
select channel as "渠道", event as "事件", count(*) as "通知", count(*) filter (where state = 'sent') as "已发送",
       count(*) filter (where state = 'queued') as "待发送", count(*) filter (where state = 'failed') as "发送失败",
       percentile_cont(0.95) within group (order by delay_s) as "送达用时 P95",
       (array_agg(last_error order by time desc) filter (where last_error is not null))[1] as "最近错误"
from dash.notification
where $__timeFilter(time)
group by channel, event
order by channel, event

-- gateways --
select online as "状态", enterprise_name as "企业", gateway as "网关", changed_at as "变化时间",
       extract(epoch from $__timeTo()::timestamptz - changed_at) as "持续"
from dash.gateway_status
where ('__all__' in ($district) or district in ($district))
  and ('__all__' in ($enterprise) or enterprise in ($enterprise))
order by online, changed_at, enterprise

-- gateway_data --
select is_silent as "数据", enterprise_name as "企业", gateway as "网关", points as "测点数", since as "自",
       extract(epoch from $__timeTo()::timestamptz - since) as "持续"
from dash.gateway
where ('__all__' in ($district) or district in ($district))
  and ('__all__' in ($enterprise) or enterprise in ($enterprise))
order by is_silent desc nulls last, since, enterprise, gateway
limit 500

-- arrival --
select time, sum(reading_count) as "收到", sum(valid_count) as "有效", sum(expected_count) as "应收"
from dash.hour
where $__timeFilter(time)
  and ('__all__' in ($district) or district in ($district))
  and ('__all__' in ($enterprise) or enterprise in ($enterprise))
group by time
order by time

-- silent_points --
select enterprise_name as "企业", point_name as "测点", quantity as "量", last_measured_at as "最近测量",
       last_received_at as "最近接收", last_value as "最近值", unit as "单位", last_source_flag as "数据标记",
       extract(epoch from $__timeTo()::timestamptz - last_measured_at) as "静默", interval_s as "上报间隔"
from dash.point_status
where ('__all__' in ($district) or district in ($district))
  and ('__all__' in ($enterprise) or enterprise in ($enterprise))
order by extract(epoch from $__timeTo()::timestamptz - last_measured_at) / interval_s desc nulls first, point
limit 100

-- stations --
select online as "状态", enterprise_name as "企业", name as "数采仪", mn as "MN", edition as "标准版本",
       profile as "解析模式", tags as "因子数", changed_at as "变化时间",
       extract(epoch from $__timeTo()::timestamptz - changed_at) as "持续"
from dash.station
where in_service_to is null
  and ('__all__' in ($district) or district in ($district))
  and ('__all__' in ($enterprise) or enterprise in ($enterprise))
order by online nulls first, changed_at, mn

-- quirks --
select enterprise_name as "企业", device as "设备", quirk as "偏差", sum(frames) as "数据包", max(time) as "最近日期"
from dash.tolerated_quirk
where time >= dash.day_floor($__timeFrom()::timestamptz) and time <= $__timeTo()::timestamptz
  and ('__all__' in ($district) or district in ($district))
  and ('__all__' in ($enterprise) or enterprise in ($enterprise))
group by enterprise_name, device, quirk
order by 4 desc, 1, 2, 3
limit 200

-- strays --
select time as "接收时间", door as "入口", sender as "自称", reason as "原因", topic as "主题", payload_bytes as "报文大小"
from dash.stray_message
where $__timeFilter(time)
order by time desc, stray_id desc
limit 200
