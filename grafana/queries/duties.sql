-- totals --
select count(*) filter (where reason = 'overdue') as "逾期", count(*) filter (where is_newest and reason = 'due_soon') as "即将到期",
       count(*) filter (where is_newest and reason = 'scheduled') as "未到期",
       count(*) filter (where reason = 'done_without_evidence') as "证明材料不全",
       count(*) filter (where is_newest and reason in ('done_in_time', 'done_late')) as "本期已完成"
from dash.duty_open
where ('__all__' in ($district) or district in ($district))
  and ('__all__' in ($enterprise) or enterprise in ($enterprise))

-- standing --
select subject_name as "对象", duty_title as "事项", reason as "状态"
from dash.duty_open
where is_newest
  and ('__all__' in ($district) or district in ($district))
  and ('__all__' in ($enterprise) or enterprise in ($enterprise))
order by rule_id, subject_kind, subject_name
limit 3000

-- overdue --
select district_name as "旗县区", subject_name as "对象", duty_title as "事项", to_char(due_on, 'YYYY-MM-DD') as "应办日期",
       dash.local_day($__timeTo()::timestamptz) - due_on as "逾期天数", reason as "状态",
       to_char(done_on, 'YYYY-MM-DD') as "办理日期", standard || ' ' || clause as "依据", document_status as "文件状态",
       finding_id as "判定编号"
from dash.duty_open
where reason in ('overdue', 'done_without_evidence')
  and ('__all__' in ($district) or district in ($district))
  and ('__all__' in ($enterprise) or enterprise in ($enterprise))
order by due_on, rule_id, subject_name
limit 500

-- next --
-- 从所选时间范围末尾所在日起60天；密封点检测和泄漏修复按企业和日期合计
select to_char(due_on, 'YYYY-MM-DD') as "应办日期", due_on - dash.local_day($__timeTo()::timestamptz) as "还剩天数",
       district_name as "旗县区", subject_name as "对象", what as "事项", items as "数量"
from dash.duty_calendar
where due_on >= dash.local_day($__timeTo()::timestamptz) and due_on <= dash.local_day($__timeTo()::timestamptz) + 60
  and ('__all__' in ($district) or district in ($district))
  and ('__all__' in ($enterprise) or enterprise in ($enterprise))
order by due_on, kind, subject_name
limit 1000

-- next_weeks --
select to_char(date_trunc('week', due_on), 'MM-DD') || ' 起一周' as "周",
       sum(items) filter (where kind not in ('ldar', 'leak')) as "定期事项", sum(items) filter (where kind = 'leak') as "泄漏修复",
       sum(items) filter (where kind = 'ldar') as "密封点检测"
from dash.duty_calendar
where due_on >= dash.local_day($__timeTo()::timestamptz) and due_on <= dash.local_day($__timeTo()::timestamptz) + 60
  and ('__all__' in ($district) or district in ($district))
  and ('__all__' in ($enterprise) or enterprise in ($enterprise))
group by date_trunc('week', due_on)
order by date_trunc('week', due_on)

-- by_year --
-- 已到期的期次（应办日期早于所选时间范围末尾所在日）
select to_char(due_on, 'YYYY') as "年", duty_title as "事项", count(*) as "到期期次",
       count(*) filter (where reason = 'done_in_time') as "按期完成", count(*) filter (where reason = 'done_late') as "逾期完成",
       count(*) filter (where reason = 'overdue') as "逾期未办", count(*) filter (where reason = 'done_without_evidence') as "材料不全",
       100.0 * count(*) filter (where reason = 'done_in_time') / nullif(count(*), 0) as "按期率",
       100.0 * count(*) filter (where reason in ('done_in_time', 'done_late')) / nullif(count(*), 0) as "完成率"
from dash.duty
where (due_on < dash.local_day($__timeTo()::timestamptz) or reason in ('done_in_time', 'done_late'))
  and ('__all__' in ($district) or district in ($district))
  and ('__all__' in ($enterprise) or enterprise in ($enterprise))
group by to_char(due_on, 'YYYY'), rule_id, duty_title
order by "年" desc, rule_id
