-- summary --
select count(*) as "目标", count(*) filter (where state = 'met') as "已达到",
       count(*) filter (where state = 'on_track') as "进度正常", count(*) filter (where state = 'behind') as "落后",
       count(*) filter (where state = 'missed') as "到期未达到", count(*) filter (where state = 'unknown') as "暂无数值",
       count(*) filter (where state = 'not_computable') as "无法计算"
from dash.scoreboard
where ('__all__' in ($document) or document in ($document))
  and ('__all__' in ($domain) or string_to_array(domain, ';') && array[$domain])
  and ('__all__' in ($mode) or check_mode in ($mode))
  and ('__all__' in ($state) or state in ($state))

-- by_document --
select document as "文件", document_status as "文件状态", count(*) as "目标", count(*) filter (where state = 'met') as "已达到",
       count(*) filter (where state = 'on_track') as "进度正常", count(*) filter (where state = 'behind') as "落后",
       count(*) filter (where state = 'missed') as "到期未达到", count(*) filter (where state = 'unknown') as "暂无数值",
       count(*) filter (where state = 'not_computable') as "无法计算"
from dash.scoreboard
where ('__all__' in ($document) or document in ($document))
  and ('__all__' in ($domain) or string_to_array(domain, ';') && array[$domain])
  and ('__all__' in ($mode) or check_mode in ($mode))
  and ('__all__' in ($state) or state in ($state))
group by document, document_status
order by document_status <> 'issued', document

-- scoreboard --
-- 全部目标都在，不能核算的写明原因；按文件原样列出，互不合并
select target_id as "编号", indicator as "指标", target_year as "目标年", operator as "关系", target_value as "目标值",
       unit as "单位", state as "状态", value as "现值", gap as "差距", projected as "预计年末", indicator_year as "核算年份",
       to_char(as_of, 'YYYY-MM-DD') as "截至", why as "说明", reading as "算法", check_mode as "核算方式", bureau as "数据部门",
       document as "文件", document_status as "文件状态", baseline_year as "基准年", quote as "原文", note as "备注",
       source ->> 'author' as "填报人", source ->> 'evidence' as "填报依据", conflict_topics as "与其他文件不一致",
       source ->> 'finding_id' as "判定编号"
from dash.scoreboard
where ('__all__' in ($document) or document in ($document))
  and ('__all__' in ($domain) or string_to_array(domain, ';') && array[$domain])
  and ('__all__' in ($mode) or check_mode in ($mode))
  and ('__all__' in ($state) or state in ($state))
order by target_id

-- parts --
select p.target_id as "编号", p.indicator as "指标", p.part as "分项", p.target_year as "目标年", p.operator as "关系",
       p.target_value as "目标值", p.unit as "单位", p.state as "状态", p.value as "现值", p.gap as "差距",
       p.projected as "预计年末", to_char(p.as_of, 'YYYY-MM-DD') as "截至", p.document as "文件"
from dash.scoreboard_part p
join dash.scoreboard s using (target_id)
where ('__all__' in ($document) or s.document in ($document))
  and ('__all__' in ($domain) or string_to_array(s.domain, ';') && array[$domain])
  and ('__all__' in ($mode) or s.check_mode in ($mode))
  and ('__all__' in ($state) or s.state in ($state))
order by p.target_id, p.target_year, p.part

-- trend --
-- 只画有两个及以上时点的目标；选文件、领域或状态以减少线条
select t.time, t.target_id || ' ' || t.indicator || case t.part when '' then '' else ' ' || t.part end as metric, t.value
from dash.scoreboard_trend t
join dash.scoreboard s using (target_id)
where s.trend_points > 1
  and t.time >= dash.month_floor($__timeFrom()::timestamptz) and t.time <= $__timeTo()::timestamptz
  and ('__all__' in ($document) or s.document in ($document))
  and ('__all__' in ($domain) or string_to_array(s.domain, ';') && array[$domain])
  and ('__all__' in ($mode) or s.check_mode in ($mode))
  and ('__all__' in ($state) or s.state in ($state))
order by t.time, metric

-- conflicts --
select c ->> 'topic' as "议题", target_id as "编号", indicator as "指标", document as "文件", document_status as "文件状态",
       target_year as "目标年", operator as "关系", target_value as "目标值", unit as "单位", value as "现值", state as "状态",
       c ->> 'remark' as "不一致之处", c ->> 'other_source' as "另一依据", note as "备注", quote as "原文"
from dash.scoreboard
cross join lateral jsonb_array_elements(conflicts) t (c)
where ('__all__' in ($document) or document in ($document))
  and ('__all__' in ($domain) or string_to_array(domain, ';') && array[$domain])
  and ('__all__' in ($mode) or check_mode in ($mode))
  and ('__all__' in ($state) or state in ($state))
order by 1, target_id
