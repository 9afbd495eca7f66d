-- lines --
select u.enterprise_name as "企业", u.line_name as "生产线", u.product as "产品", u.e as "单位能耗", u.level_1 as "1级",
       u.level_2 as "2级", u.level_3 as "3级", u.verdict as "限定值判定", u.reason as "原因", a.verdict as "准入值判定",
       u.unconfirmed as "未核对因子所占", u.standard as "标准", u.confidence as "数值来源", u.output as "12个月产量",
       u.month as "截至", u.finding_id as "判定编号", u.enterprise as "企业代码"
from dash.unit_energy u
left join dash.account_latest a
       on a.rule_id = 'energy.unit_access' and a.subject_kind = 'line' and a.subject = u.subject
where ('__all__' in ($district) or u.district in ($district))
  and ('__all__' in ($enterprise) or u.enterprise in ($enterprise))
order by u.e / u.level_3 desc nulls last, u.line

-- comparisons --
select enterprise_name as "企业", line_name as "生产线", product as "产品", e as "单位能耗", name as "对照值",
       limit_value as "数值", printed as "修正前", met as "达到", document as "文件", document_status as "文件状态",
       confidence as "数值来源"
from dash.unit_energy_comparison
where ('__all__' in ($district) or district in ($district))
  and ('__all__' in ($enterprise) or enterprise in ($enterprise))
order by line, position
limit 1000

-- unit_trend --
-- 未选企业时只画离限定值最近（或超得最多）的 20 条生产线
select time, s.metric, s.value
from (
    select m.*, dense_rank() over (order by most desc nulls last, subject) as place
    from (
        select time, subject, enterprise_name || ' ' || subject_name as name, value, limit_value,
               max(value / limit_value) over (partition by subject) as most
        from dash.account_month
        where rule_id = 'energy.unit' and subject_kind = 'line'
          and time >= dash.month_floor($__timeFrom()::timestamptz) and time <= $__timeTo()::timestamptz
          and ('__all__' in ($district) or district in ($district))
          and ('__all__' in ($enterprise) or enterprise in ($enterprise))
    ) m
) ranked
cross join lateral (values (name, value), (name || ' 3级限值', case when '__all__' not in ($enterprise) then limit_value end))
    s (metric, value)
where place <= 20 and s.value is not null
order by time, s.metric

-- corrections --
select enterprise_name as "企业", line_name as "生产线", corrections ->> 'charging' as "装煤方式",
       (corrections ->> 'volatile_pct')::double precision as "挥发分",
       (corrections ->> 'moisture_pct')::double precision as "水分", corrections ->> 'quenching' as "熄焦",
       (corrections ->> 'age_years')::int as "炉龄", (corrections ->> 'fuel')::double precision as "燃料修正",
       (corrections ->> 'raw_volatile')::double precision as "挥发分修正",
       (corrections ->> 'raw_moisture')::double precision as "水分修正",
       (corrections ->> 'quench')::double precision as "熄焦修正", (corrections ->> 'age')::double precision as "炉龄修正",
       nullif(translate(corrections ->> 'missing', '[]"', ''), '') as "缺少的数据", month as "截至"
from dash.unit_energy
where corrections is not null
  and ('__all__' in ($district) or district in ($district))
  and ('__all__' in ($enterprise) or enterprise in ($enterprise))
order by line

-- large --
select enterprise_name as "企业", equal_value_tce as "等价值", equivalent_tce as "当量值", month as "截至",
       finding_id as "判定编号", enterprise as "企业代码"
from dash.energy_total
where reason = 'over_10000_tce'
  and ('__all__' in ($district) or district in ($district))
  and ('__all__' in ($enterprise) or enterprise in ($enterprise))
order by equal_value_tce desc

-- over_5000 --
select enterprise_name as "企业", equivalent_tce as "当量值", equal_value_tce as "等价值", known_tce as "已知部分",
       unconfirmed_tce as "未核对因子所占", reason as "结论", month as "截至", finding_id as "判定编号",
       enterprise as "企业代码"
from dash.energy_total
where reason in ('over_10000_tce', 'over_5000_tce', 'incomplete_data')
  and ('__all__' in ($district) or district in ($district))
  and ('__all__' in ($enterprise) or enterprise in ($enterprise))
order by coalesce(equivalent_tce, known_tce) desc nulls last

-- retrofit --
select subject_name as "企业", verdict as "判定", reason as "结论", value as "当量值", limit_value as "入列门槛",
       l ->> 'line' as "生产线", l ->> 'product' as "产品", (l ->> 'e')::double precision as "单位能耗",
       (l ->> 'limit')::double precision as "3级", l ->> 'reason' as "生产线结论", month as "截至",
       finding_id as "判定编号", enterprise as "企业代码"
from dash.account_latest
cross join lateral jsonb_array_elements(evidence -> 'lines') t (l)
where rule_id = 'energy.retrofit_list' and subject_kind = 'enterprise'
  and ('__all__' in ($district) or district in ($district))
  and ('__all__' in ($enterprise) or enterprise in ($enterprise))
order by array_position(array['violation', 'undetermined', 'compliant'], verdict), value desc nulls last, subject, 6

-- components --
select enterprise_name as "企业", whose as "范围", name as "能源", flow as "方向", amount as "实物量", unit as "单位", tce as "折标煤",
       kgce as "系数", kgce_unit as "系数单位", edition as "系数版本", confidence as "数值来源", missing_months as "缺月",
       month as "截至"
from dash.energy_component
where ('__all__' in ($district) or district in ($district))
  and ('__all__' in ($enterprise) or enterprise in ($enterprise))
order by enterprise, whose, abs(tce) desc nulls last
limit 1000

-- benchmark --
select value as "标杆产能占比", limit_value as "目标", verdict as "判定", reason as "原因", month as "截至"
from dash.account_latest
where rule_id = 'energy.benchmark_share' and subject_kind = 'city'

-- differences --
select indicator as "核对", case subject_kind when 'place' then enterprise_name else subject_name end as "企业",
       case subject_kind when 'place' then subject_name else '全企业' end as "边界",
       value as "差率", limit_value as "允许差", verdict as "判定", reason as "原因", month as "月份", finding_id as "判定编号",
       enterprise as "企业代码"
from dash.account_latest
where rule_id in ('energy.balance.electricity', 'energy.balance.coke_oven_gas', 'energy.balance.natural_gas',
                  'energy.balance.steam')
  and subject_kind in ('enterprise', 'place')
  and ('__all__' in ($district) or district in ($district))
  and ('__all__' in ($enterprise) or enterprise in ($enterprise))
order by array_position(array['violation', 'undetermined', 'compliant'], verdict), value desc nulls last, subject
limit 500
