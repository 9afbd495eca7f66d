-- counts --
select count(*) filter (where state = 'enabled') as "生效", count(*) filter (where state = 'draft') as "草稿（待确认，未生效）",
       count(*) filter (where state = 'disabled') as "停用", count(*) filter (where state = 'superseded') as "已被取代",
       count(*) filter (where state = 'enabled' and outlet is not null) as "其中排口专用",
       count(*) filter (where state = 'enabled' and origin <> 'preset') as "其中人工登记"
from dash.limit
where ('__all__' in ($district) or district is null or district in ($district))
  and ('__all__' in ($enterprise) or enterprise is null or enterprise in ($enterprise))
  and ('__all__' in ($pollutant) or pollutant in ($pollutant))
  and ('__all__' in ($kind) or kind in ($kind))

-- in_use --
select enterprise_name as "企业", outlet_name as "排口", process as "工序", pollutant_name as "污染物", kind_name as "口径", value as "限值",
       unit as "单位", reference_o2_pct as "基准氧", standard as "依据", clause as "条款", status as "性质", origin as "来源",
       author as "登记人", created_at as "登记时间", hour_at as "最近判定的小时", limit_id as "限值编号", outlet as "排口代码",
       pollutant as "污染物代码", kind as "口径代码"
from dash.limit_in_use($__timeTo()::timestamptz)
where ('__all__' in ($district) or district in ($district))
  and ('__all__' in ($enterprise) or enterprise in ($enterprise))
  and ('__all__' in ($outlet) or outlet in ($outlet))
  and ('__all__' in ($pollutant) or pollutant in ($pollutant))
  and ('__all__' in ($kind) or kind in ($kind))
order by outlet, pollutant, kind
limit 500

-- drafts --
select process as "工序", pollutant_name as "污染物", kind_name as "口径", averaging as "时段", region as "区域", value as "限值",
       unit as "单位", reference_o2_pct as "基准氧", status as "性质", confidence as "可信度", standard as "依据", clause as "条款",
       source as "出处", reason as "说明", valid_from::timestamp at time zone 'Asia/Shanghai' as "起", preset as "预设键",
       limit_id as "限值编号"
from dash.limit
where state = 'draft'
  and ('__all__' in ($district) or district is null or district in ($district))
  and ('__all__' in ($enterprise) or enterprise is null or enterprise in ($enterprise))
  and ('__all__' in ($outlet) or outlet is null or outlet in ($outlet))
  and ('__all__' in ($pollutant) or pollutant in ($pollutant))
  and ('__all__' in ($kind) or kind in ($kind))
order by process, pollutant, kind, averaging, region
limit 500

-- current --
select coalesce(enterprise_name, '（工序通用）') as "企业", outlet_name as "排口", process as "工序", pollutant_name as "污染物",
       kind_name as "口径", averaging as "时段", region as "区域", value as "限值", unit as "单位", decimals as "小数位",
       reference_o2_pct as "基准氧", dash.condition_names(exempt_process) as "豁免工况", state as "状态", status as "性质",
       standard as "依据", clause as "条款", valid_from::timestamp at time zone 'Asia/Shanghai' as "起",
       valid_to::timestamp at time zone 'Asia/Shanghai' as "止", origin as "来源", author as "登记人", reason as "理由",
       created_at as "登记时间", limit_id as "限值编号"
from dash.limit
where state in ('enabled', 'disabled')
  and ('__all__' in ($district) or district is null or district in ($district))
  and ('__all__' in ($enterprise) or enterprise is null or enterprise in ($enterprise))
  and ('__all__' in ($outlet) or outlet is null or outlet in ($outlet))
  and ('__all__' in ($pollutant) or pollutant in ($pollutant))
  and ('__all__' in ($kind) or kind in ($kind))
order by outlet is null, outlet, process, pollutant, kind, averaging, region, valid_from
limit 500

-- history --
-- 人工登记、修改、启用、停用过的限值，含已被取代的行
select created_at as "登记时间", author as "登记人", reason as "理由", state as "状态", superseded_at as "被取代时间",
       coalesce(enterprise_name, '（工序通用）') as "企业", outlet_name as "排口", process as "工序", pollutant_name as "污染物",
       kind_name as "口径", averaging as "时段", value as "限值", unit as "单位", reference_o2_pct as "基准氧", standard as "依据",
       clause as "条款", source as "出处", origin as "来源", preset as "依据的预设键", limit_id as "限值编号"
from dash.limit
where (origin <> 'preset' or state = 'superseded')
  and ('__all__' in ($district) or district is null or district in ($district))
  and ('__all__' in ($enterprise) or enterprise is null or enterprise in ($enterprise))
  and ('__all__' in ($outlet) or outlet is null or outlet in ($outlet))
  and ('__all__' in ($pollutant) or pollutant in ($pollutant))
  and ('__all__' in ($kind) or kind in ($kind))
order by created_at desc, limit_id desc
limit 500

-- rule_decisions --
select time as "决定时间", rule_title as "规则", rule_id as "规则编号", effective_from::timestamp at time zone 'Asia/Shanghai' as "生效日",
       enabled::text as "启用", params::text as "参数", author as "决定人", reason as "理由", source as "依据", decision_id as "决定编号"
from dash.rule_decision
order by time desc, decision_id desc
limit 300
