-- load --
select alarms as "告警", per_day as "每天", per_10min as "每10分钟", peak_10min as "最忙的10分钟", floods as "洪水",
       standing as "未恢复", stale as "陈旧", set_aside as "搁置等", chattering as "频繁翻转"
from dash.alarm_health_v1($__timeFrom()::timestamptz, $__timeTo()::timestamptz)
where team is null

-- ratings --
select coalesce(team_name, '全市') as "班组", figure as "指标", value as "数值", acceptable as "可接受", manageable as "可承受",
       rating as "评价", source as "出处"
from dash.alarm_ratings_v1($__timeFrom()::timestamptz, $__timeTo()::timestamptz)
where ('__all__' in ($team) or team in ($team)) and value is not null
order by team nulls first, place

-- teams --
select coalesce(team_name, '全市') as "班组", alarms as "告警", per_day as "每天", per_hour as "每小时",
       per_10min as "每10分钟", peak_10min as "最忙的10分钟", peak_at as "最忙时刻", flood_pct as "洪水占时",
       floods as "洪水", standing as "未恢复", stale as "陈旧", set_aside as "搁置等", escalated as "升级"
from dash.alarm_health_v1($__timeFrom()::timestamptz, $__timeTo()::timestamptz)
where '__all__' in ($team) or team in ($team)
order by team nulls first

-- busiest --
-- the busiest ten minutes of each hour; in a range of up to two days, each ten minutes
select case when $__timeTo()::timestamptz - $__timeFrom()::timestamptz <= interval '2 days' then s.slot
            else date_trunc('hour', s.slot) end as time,
       coalesce(t.team_name, '全市') as metric, max(s.alarms) as value
from dash.alarm_slots_v1($__timeFrom()::timestamptz, $__timeTo()::timestamptz) s
left join dash.alarm_team t using (team)
where case when '__all__' in ($team) then s.team is null else s.team in ($team) end
group by 1, 2
union all
select p.at, '洪水 限值', g.acceptable
from dash.alarm_target g
cross join (values ($__timeFrom()::timestamptz), ($__timeTo()::timestamptz)) p (at)
where g.figure = 'peak_10min'
order by 1, 2

-- raised_daily --
select dash.day_floor(at) as time, count(*) filter (where severity = 'critical') as "严重",
       count(*) filter (where severity = 'warning') as "警告", count(*) filter (where severity = 'info') as "提示"
from dash.alarm_change
where is_raise and at >= dash.day_floor($__timeFrom()::timestamptz) and at <= $__timeTo()::timestamptz
group by 1
order by 1

-- priorities --
select p.severity as "级别", p.share_pct as "占比", p.target_pct as "建议占比"
from dash.alarm_priority_v1($__timeFrom()::timestamptz, $__timeTo()::timestamptz) p

-- response --
select coalesce(n.team_name, r.team, '全市') as "班组", r.severity as "级别", r.told as "通知", r.acknowledged as "已签收",
       r.median_min as "签收用时中位数", r.p90_min as "签收用时 P90", r.late as "30分钟内未签收", r.waiting as "仍未签收"
from dash.alarm_response_v1($__timeFrom()::timestamptz, $__timeTo()::timestamptz, 30) r
left join dash.alarm_team n using (team)
where ('__all__' in ($team) or r.team in ($team)) and r.told > 0
order by r.team nulls first, array_position(array['critical', 'warning', 'info'], r.severity)

-- top_rules --
select t.place as "名次", t.rule_title as "规则", t.rule_id as "规则编号", t.alarms as "告警", t.share_pct as "占比"
from dash.alarm_top_v1($__timeFrom()::timestamptz, $__timeTo()::timestamptz) t
where t.what = 'rule'
order by t.place

-- top_series --
select t.place as "名次", t.enterprise_name as "企业", t.subject as "对象", t.rule_title as "规则", t.alarms as "告警",
       t.share_pct as "占比"
from dash.alarm_top_v1($__timeFrom()::timestamptz, $__timeTo()::timestamptz) t
where t.what = 'series'
order by t.place

-- chattering --
select c.is_chattering as "频繁翻转", c.enterprise_name as "企业", c.subject as "对象", h.title as "规则", c.raised as "告警",
       c.most_in_24h as "24小时内变化", c.last_at as "最近变化"
from dash.alarm_chatter_v1($__timeFrom()::timestamptz, $__timeTo()::timestamptz) c
left join dash.rule_health h using (rule_id)
order by c.is_chattering desc, c.most_in_24h desc, c.rule_id, c.subject
limit 50

-- standing --
select s.is_stale as "陈旧", s.aside as "搁置等", s.severity as "级别", s.title as "告警", s.enterprise_name as "企业", s.raised_at as "告警时间",
       s.age_h * 3600 as "已持续", s.acknowledged_at as "签收时间", s.telling_reason as "通知情况", s.alert_id as "告警编号"
from dash.alarm_standing_v1($__timeTo()::timestamptz) s
where '__all__' in ($team) or s.teams && array[$team]
order by s.raised_at, s.alert_id
limit 200

-- decisions_daily --
select dash.day_floor(at) as time, count(*) filter (where decision = 'send') as "发送",
       count(*) filter (where decision = 'hold') as "暂缓", count(*) filter (where decision = 'drop') as "不发"
from dash.alarm_decision
where at >= dash.day_floor($__timeFrom()::timestamptz) and at <= $__timeTo()::timestamptz
  and ('__all__' in ($team) or team in ($team))
group by 1
order by 1

-- decisions --
select d.event as "事件", d.decision as "决定", d.reason as "原因", sum(d.decisions) as "次数", sum(d.alarms) as "告警"
from (select unnest(case when '__all__' in ($team) then array[null] else array[$team] end) as team) n
cross join lateral dash.alarm_decisions_v1($__timeFrom()::timestamptz, $__timeTo()::timestamptz, n.team) d
group by d.event, d.decision, d.reason
order by 4 desc, 1, 2, 3

-- floods --
select team_name as "班组", began_at as "开始", ended_at as "结束", alerts as "告警", digests as "汇总消息"
from dash.alarm_flood
where began_at <= $__timeTo()::timestamptz and coalesce(ended_at, $__timeTo()::timestamptz) >= $__timeFrom()::timestamptz
  and ('__all__' in ($team) or team in ($team))
order by began_at desc
limit 100

-- flapping --
select rule_title as "规则", subject as "对象", since_at as "自", until_at as "至", changes as "变化"
from dash.alarm_flapping
where since_at <= $__timeTo()::timestamptz and until_at >= $__timeFrom()::timestamptz
order by since_at desc
limit 100
