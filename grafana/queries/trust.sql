-- summary --
-- 截至所选时间范围末尾的 30 个本地日
select count(*) as "已判定排口", count(*) filter (where seen_days > 0) as "出现迹象的排口",
       coalesce(sum(seen_days), 0) as "出现迹象的排口·日", max(score) as "最高得分",
       max(last_seen_day)::timestamp at time zone 'Asia/Shanghai' as "最近一次"
from dash.sign_score_at($__timeTo()::timestamptz)
where ('__all__' in ($district) or district in ($district))
  and ('__all__' in ($enterprise) or enterprise in ($enterprise))
  and ('__all__' in ($outlet) or outlet in ($outlet))

-- scores --
select enterprise_name as "企业", outlet_name as "排口", score as "得分", seen_days as "出现迹象的天数", judged_days as "已判定天数",
       array_to_string(sign_titles, '、') as "看到的迹象",
       last_seen_day::timestamp at time zone 'Asia/Shanghai' as "最近一次", enterprise as "企业代码", outlet as "排口代码"
from dash.sign_score_at($__timeTo()::timestamptz)
where ('__all__' in ($district) or district in ($district))
  and ('__all__' in ($enterprise) or enterprise in ($enterprise))
  and ('__all__' in ($outlet) or outlet in ($outlet))
order by score desc, outlet
limit 300

-- month_matrix --
-- 每格取该日各迹象中最值得看的：看到 > 未看到 > 数据不足
select enterprise_name as "企业", outlet_name as "排口",
       max(code) filter (where of_month = 1) as "01",
       max(code) filter (where of_month = 2) as "02",
       max(code) filter (where of_month = 3) as "03",
       max(code) filter (where of_month = 4) as "04",
       max(code) filter (where of_month = 5) as "05",
       max(code) filter (where of_month = 6) as "06",
       max(code) filter (where of_month = 7) as "07",
       max(code) filter (where of_month = 8) as "08",
       max(code) filter (where of_month = 9) as "09",
       max(code) filter (where of_month = 10) as "10",
       max(code) filter (where of_month = 11) as "11",
       max(code) filter (where of_month = 12) as "12",
       max(code) filter (where of_month = 13) as "13",
       max(code) filter (where of_month = 14) as "14",
       max(code) filter (where of_month = 15) as "15",
       max(code) filter (where of_month = 16) as "16",
       max(code) filter (where of_month = 17) as "17",
       max(code) filter (where of_month = 18) as "18",
       max(code) filter (where of_month = 19) as "19",
       max(code) filter (where of_month = 20) as "20",
       max(code) filter (where of_month = 21) as "21",
       max(code) filter (where of_month = 22) as "22",
       max(code) filter (where of_month = 23) as "23",
       max(code) filter (where of_month = 24) as "24",
       max(code) filter (where of_month = 25) as "25",
       max(code) filter (where of_month = 26) as "26",
       max(code) filter (where of_month = 27) as "27",
       max(code) filter (where of_month = 28) as "28",
       max(code) filter (where of_month = 29) as "29",
       max(code) filter (where of_month = 30) as "30",
       max(code) filter (where of_month = 31) as "31",
       outlet as "排口代码"
from (
    select enterprise_name, outlet, outlet_name, date_part('day', day)::int as of_month, max(verdict_code) as code
    from dash.sign_day
    where time >= dash.month_floor($__timeTo()::timestamptz) and time < $__timeTo()::timestamptz
      and ('__all__' in ($district) or district in ($district))
      and ('__all__' in ($enterprise) or enterprise in ($enterprise))
      and ('__all__' in ($outlet) or outlet in ($outlet))
      and ('__all__' in ($sign) or sign in ($sign))
    group by enterprise_name, outlet, outlet_name, date_part('day', day)
) cell
group by enterprise_name, outlet, outlet_name
order by outlet

-- timeline --
select time, enterprise_name || ' ' || outlet_name || ' ' || sign_title as metric, verdict_code as "迹象"
from dash.sign_day
where $__timeFilter(time)
  and ('__all__' in ($district) or district in ($district))
  and ('__all__' in ($enterprise) or enterprise in ($enterprise))
  and ('__all__' in ($outlet) or outlet in ($outlet))
  and ('__all__' in ($sign) or sign in ($sign))
order by time, metric

-- by_sign --
select sign_title as "迹象", count(*) filter (where verdict = 'violation') as "看到的排口·日",
       count(distinct outlet) filter (where verdict = 'violation') as "涉及排口", count(*) as "已判定的排口·日",
       count(*) filter (where verdict = 'undetermined') as "数据不足的排口·日"
from dash.sign_day
where $__timeFilter(time)
  and ('__all__' in ($district) or district in ($district))
  and ('__all__' in ($enterprise) or enterprise in ($enterprise))
  and ('__all__' in ($outlet) or outlet in ($outlet))
  and ('__all__' in ($sign) or sign in ($sign))
group by sign, sign_title
order by "看到的排口·日" desc, sign_title

-- evidence --
-- 一处迹象一行：看到什么、哪些小时、依据的数字原样列出
select s.time as "日期", s.enterprise_name as "企业", s.outlet_name as "排口", s.sign_title as "迹象", i.item ->> 'point' as "测点",
       i.item ->> 'detail' as "看到了什么", jsonb_array_length(coalesce(i.item -> 'hours', '[]')) as "涉及小时",
       (i.item -> 'hours' ->> 0)::timestamptz as "首个小时", (i.item - 'point' - 'detail' - 'hours')::text as "数字",
       s.weight as "权重", s.finding_id as "判定编号", s.outlet as "排口代码", (extract(epoch from time) * 1000)::bigint as "起",
       (extract(epoch from time) * 1000)::bigint + 86400000 as "止"
from dash.sign_day s
cross join lateral jsonb_array_elements(s.seen) with ordinality i (item, position)
where $__timeFilter(s.time) and s.verdict = 'violation'
  and ('__all__' in ($district) or s.district in ($district))
  and ('__all__' in ($enterprise) or s.enterprise in ($enterprise))
  and ('__all__' in ($outlet) or s.outlet in ($outlet))
  and ('__all__' in ($sign) or s.sign in ($sign))
order by s.time desc, s.outlet, s.sign_title, i.position
limit 500
