-- carbon_total --
-- 各企业最近一个已判定月中最新的一个月；未完整的账户也计入已知部分
select month as "月份", sum(value) as "碳排放量", count(*) as "企业数",
       count(*) filter (where verdict = 'undetermined' and reason <> 'no_budget') as "数据或因子不全"
from dash.account_latest
where rule_id = 'carbon.account' and subject_kind = 'enterprise'
  and ('__all__' in ($district) or district in ($district))
  and ('__all__' in ($enterprise) or enterprise in ($enterprise))
group by month
order by month desc
limit 1

-- green_city --
select value as "绿电占比", limit_value as "目标", verdict as "判定", reason as "原因", month as "截至"
from dash.account_latest
where rule_id = 'green.share' and subject_kind = 'city'

-- green_chemical --
select value as "绿电占比", limit_value as "目标", verdict as "判定", reason as "原因", month as "截至"
from dash.account_latest
where rule_id = 'green.share.chemical' and subject_kind = 'city'

-- solid_city --
select value as "处置利用率", limit_value as "目标", (evidence ->> 'utilisation_pct')::double precision as "综合利用率",
       verdict as "判定", month as "截至"
from dash.account_latest
where rule_id = 'solid.rate' and subject_kind = 'city'

-- accounts --
select subject_name as "企业", month as "月份", value as "碳排放量", limit_value as "预算", verdict as "判定", reason as "原因",
       (evidence -> 'intensity' -> 'per_output' ->> 'value')::double precision as "单位产品",
       evidence -> 'intensity' -> 'per_output' ->> 'unit' as "单位产品的单位",
       (evidence -> 'intensity' -> 'per_value_added' ->> 'value')::double precision as "万元增加值",
       (evidence -> 'market_based' ->> 'account_t_co2')::double precision as "市场法（并列）",
       nullif(translate(evidence ->> 'missing', '[]"', ''), '') as "缺少的数据",
       finding_id as "判定编号", enterprise as "企业代码"
from dash.account_latest
where rule_id = 'carbon.account' and subject_kind = 'enterprise'
  and ('__all__' in ($district) or district in ($district))
  and ('__all__' in ($enterprise) or enterprise in ($enterprise))
order by value desc nulls last, subject

-- components --
select subject_name as "企业", month as "月份", c ->> 'source' as "来源", c ->> 'name' as "分项",
       (c ->> 'activity')::double precision as "活动数据", c ->> 'unit' as "单位",
       (c -> 'factor' ->> 'value')::double precision as "因子", c -> 'factor' ->> 'unit' as "因子单位",
       c -> 'factor' ->> 'edition' as "因子版本", (c -> 'factor' ->> 'confirmed')::boolean as "因子已核对",
       (c ->> 't_co2')::double precision as "碳排放量"
from dash.account_latest
cross join lateral jsonb_array_elements(evidence -> 'components') c
where rule_id = 'carbon.account' and subject_kind = 'enterprise'
  and ('__all__' in ($district) or district in ($district))
  and ('__all__' in ($enterprise) or enterprise in ($enterprise))
order by subject, abs((c ->> 't_co2')::double precision) desc nulls last
limit 500

-- carbon_trend --
select time, case c ->> 'source' when 'fuel' then '燃料燃烧' when 'process' then '生产过程' when 'electricity' then '净购入电力'
                  when 'heat' then '净购入热力' else '回收利用' end as metric,
       sum((c ->> 't_co2')::double precision) as value
from dash.account_month
cross join lateral jsonb_array_elements(evidence -> 'components') c
where rule_id = 'carbon.account' and subject_kind = 'enterprise'
  and time >= dash.month_floor($__timeFrom()::timestamptz) and time <= $__timeTo()::timestamptz
  and ('__all__' in ($district) or district in ($district))
  and ('__all__' in ($enterprise) or enterprise in ($enterprise))
group by 1, 2
order by 1, 2

-- intensity_trend --
select time, subject_name as metric, (evidence -> 'intensity' -> 'per_output' ->> 'value')::double precision as value
from dash.account_month
where rule_id = 'carbon.account' and subject_kind = 'enterprise' and evidence -> 'intensity' ? 'per_output'
  and time >= dash.month_floor($__timeFrom()::timestamptz) and time <= $__timeTo()::timestamptz
  and ('__all__' in ($district) or district in ($district))
  and ('__all__' in ($enterprise) or enterprise in ($enterprise))
order by time, metric

-- green_trend --
select time, metric, value
from (
    select time, indicator as metric, value
    from dash.account_month
    where rule_id in ('green.share', 'green.share.chemical') and subject_kind = 'city'
      and time >= dash.month_floor($__timeFrom()::timestamptz) and time <= $__timeTo()::timestamptz
    union all
    select time, indicator || ' 目标', limit_value
    from dash.account_month
    where rule_id in ('green.share', 'green.share.chemical') and subject_kind = 'city' and limit_value is not null
      and time >= dash.month_floor($__timeFrom()::timestamptz) and time <= $__timeTo()::timestamptz
) series
order by time, metric

-- green_enterprises --
select subject_name as "企业", value as "绿电占比", (evidence ->> 'used_kwh')::double precision as "用电量",
       (evidence ->> 'green_kwh')::double precision as "绿电量",
       (evidence -> 'components_kwh' ->> 'self_consumed')::double precision as "自发自用",
       (evidence -> 'components_kwh' ->> 'direct_line')::double precision as "专线直供",
       (evidence -> 'components_kwh' ->> 'traded')::double precision as "绿电交易",
       (evidence -> 'components_kwh' ->> 'certificate')::double precision as "绿证",
       reason as "原因", month as "截至", finding_id as "判定编号", enterprise as "企业代码"
from dash.account_latest
where rule_id = 'green.share' and subject_kind = 'enterprise'
  and ('__all__' in ($district) or district in ($district))
  and ('__all__' in ($enterprise) or enterprise in ($enterprise))
order by value desc nulls last, subject

-- solid_enterprises --
select subject_name as "企业", value as "处置利用率", (evidence ->> 'utilisation_pct')::double precision as "综合利用率",
       limit_value as "目标", verdict as "判定", reason as "原因",
       (evidence -> 'tonnes' ->> 'generated')::double precision as "产生",
       (evidence -> 'tonnes' ->> 'utilised')::double precision as "综合利用",
       (evidence -> 'tonnes' ->> 'disposed')::double precision as "处置",
       (evidence -> 'tonnes' ->> 'utilised_stock')::double precision
           + (evidence -> 'tonnes' ->> 'disposed_stock')::double precision as "利用处置往年贮存",
       (evidence -> 'tonnes' ->> 'stored')::double precision as "贮存",
       month as "截至", finding_id as "判定编号", enterprise as "企业代码"
from dash.account_latest
where rule_id = 'solid.rate' and subject_kind = 'enterprise'
  and ('__all__' in ($district) or district in ($district))
  and ('__all__' in ($enterprise) or enterprise in ($enterprise))
order by value nulls first, subject
