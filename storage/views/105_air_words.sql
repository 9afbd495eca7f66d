-- Substances that limits judge, with the names that series and tables carry. Codes as in domain/air.py.
create function dash.pollutant_names() returns jsonb
immutable parallel safe language sql as $$
    select '{"so2": "二氧化硫", "nox": "氮氧化物", "pm": "颗粒物", "co": "一氧化碳", "nmhc": "非甲烷总烃", "nh3": "氨", "h2s": "硫化氢",
             "hcl": "氯化氢", "cl2": "氯气", "benzene": "苯", "toluene": "甲苯", "xylene": "二甲苯", "vcm": "氯乙烯",
             "benzo_a_pyrene": "苯并[a]芘", "hcn": "氰化氢", "phenols": "酚类"}'::jsonb
$$;

create function dash.pollutant_name(pollutant text) returns text
immutable parallel safe language sql as $$ select coalesce(dash.pollutant_names() ->> pollutant, pollutant) $$;

create view dash.substance as
select key as pollutant, value as pollutant_name from jsonb_each_text(dash.pollutant_names());

create function dash.kind_name(kind text) returns text
immutable parallel safe language sql as $$ select case kind when 'legal' then '法定' when 'ule' then '超低' else kind end $$;

-- Kinds of process marks, in words: a list has no value mapping.
create function dash.condition_names(kinds text[]) returns text
immutable parallel safe language sql as $$
    select string_agg(coalesce('{"oven_drying": "烘炉", "start_up": "启炉", "shutdown": "停炉", "cooling": "停炉降温",
                                 "stopped": "停运", "fault": "故障", "accident": "事故"}'::jsonb ->> kind, kind), '、')
    from unnest(kinds) kind
$$;

-- Excluded by a mark or because the plant stood still: no verdict, but no want of data either.
create function dash.is_excluded(reason text) returns boolean
immutable parallel safe language sql as $$ select starts_with(reason, 'excluded_') $$;

-- As verdict_code, with 3 for an excluded hour.
create function dash.hour_code(verdict text, reason text) returns smallint
immutable parallel safe language sql as $$
    select case when starts_with(reason, 'excluded_') then 3 when verdict = 'violation' then 2
                when verdict = 'compliant' then 1 else 0 end::smallint
$$;

-- Several hours in one: a violation stands out, then a want of data; excluded only when all are.
create function dash.worst_hour(codes smallint[]) returns smallint
immutable parallel safe language sql as $$
    select case when 2 = any(codes) then 2 when 0 = any(codes) then 0 when 1 = any(codes) then 1
                when 3 = any(codes) then 3 end::smallint
$$;

-- Mass concentrations of any unit that a point may carry, in mg/m3; null for a unit that is none.
create function dash.mg_m3(amount double precision, unit text) returns double precision
immutable parallel safe language sql as $$
    select amount * case unit when 'mg/m3' then 1.0 when 'ug/m3' then 1e-3 when 'ng/m3' then 1e-6 end::double precision
$$;

-- Class 1 is (0, 5] percent of a limit, class 25 is all above 120.
create function dash.share_class(class int) returns text
immutable parallel safe language sql as $$
    select case when class > 24 then '>120' else class * 5 - 5 || '–' || class * 5 end
$$;

create view dash.limit_share as
select class, dash.share_class(class) as class_name from generate_series(1, 25) class;

-- Sum of {reason: hours}.
create function dash.total_hours(by_reason jsonb) returns bigint
immutable parallel safe language sql as $$
    select coalesce(sum(value::bigint), 0)::bigint from jsonb_each_text(coalesce(by_reason, '{}'))
$$;
