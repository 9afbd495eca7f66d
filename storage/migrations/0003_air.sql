-- Air: limits as rows, marks (标记) on data, what hourly rows say of behaviour, operators' decisions on rules.
-- Safe while the previous version runs: only new tables, and new columns that it neither reads nor must write.

alter table city add column key_region_from date;
comment on column city.key_region_from is 'local date from which limits of key regions (重点区域, 特别排放限值) hold; null: they do not';

alter table outlet
    add column duct_area_m2 double precision check (duct_area_m2 > 0),
    add column velocity_factor double precision check (velocity_factor > 0),
    add column atmosphere_kpa double precision check (atmosphere_kpa between 40 and 110),
    add column makeup_air boolean;
comment on column outlet.velocity_factor is '速度场系数 Kv (HJ 212-2017 annex D (29)); null: 1';
comment on column outlet.atmosphere_kpa is '大气压 Ba for dry standard flow; null: not known';
comment on column outlet.makeup_air is 'thermal oxidisers: whether combustion air is added (GB 37822 10.3.3); null elsewhere';

alter table point
    add column of_point_id int references point (point_id),
    add column statistic text check (statistic in ('minute_mean', 'hour_mean', 'hour_converted', 'day_mean',
        'day_converted', 'hour_total', 'zero_drift', 'span_drift')),
    add column basis text check (basis in ('dry_standard', 'wet_standard', 'dry_actual', 'wet_actual')),
    add column range_top double precision,
    add constraint point_speaks_of check ((of_point_id is null) = (statistic is null));
create index ix_point_of on point (of_point_id) where of_point_id is not null;
comment on column point.statistic is 'what the values say of another point: the logger''s own means, or drift of its analyser in % of full scale; such points are judged by no limit';
comment on column point.basis is 'state of the gas that a concentration or flow refers to; null: dry_standard';
comment on column point.range_top is 'top of the measuring range in the point''s unit';

alter table hourly
    add column marked_minutes smallint not null default 0 check (marked_minutes between 0 and 60),
    add column mark_ids bigint[] not null default '{}',
    add column deviation double precision,
    add column flat_head_s int not null default 0,
    add column flat_tail_s int not null default 0,
    add column flat_longest_s int not null default 0,
    add column zero_minutes smallint not null default 0,
    add column negative_minutes smallint not null default 0,
    add column maximum_count int not null default 0,
    add column late_count int not null default 0,
    add column digest bigint;
comment on column hourly.marked_minutes is 'minutes that would be valid and are not, because of equipment marks';
comment on column hourly.mark_ids is 'equipment marks that were applied, in order';
comment on column hourly.deviation is 'standard deviation (population) of the valid minutes';
comment on column hourly.flat_head_s is 'seconds for which valid readings stand still from the hour''s first one on; tail: up to its last one; longest: anywhere';
comment on column hourly.maximum_count is 'valid readings equal to the maximum';
comment on column hourly.late_count is 'readings that were received more than an hour after they were measured';
comment on column hourly.digest is 'of the valid minutes'' values in order: equal hours have equal ones; null for counters, flat hours and hours with fewer than 30 valid minutes';
create index ix_hourly_digest on hourly (point_id, digest) where digest is not null;

create table emission_limit (
    limit_id bigint generated always as identity primary key,
    origin text not null check (origin in ('preset', 'site', 'operator')),
    preset text,
    enterprise_id int references enterprise (enterprise_id),
    outlet_id int references outlet (outlet_id),
    process text,
    quantity text not null,
    kind text not null check (kind in ('legal', 'ule')),
    averaging text not null check (averaging in ('hour', 'single', 'day', 'year')),
    region text not null check (region in ('any', 'general', 'key')),
    value double precision not null check (value > 0 and value < 'infinity'),
    unit text not null check (unit in ('mg/m3', 'ug/m3', 'ng/m3', 'kg/h', 't')),
    decimals smallint not null check (decimals between 0 and 6),
    reference_o2_pct double precision check (reference_o2_pct >= 0 and reference_o2_pct < 21),
    exempt_process text[] not null,
    standard text not null check (standard <> ''),
    clause text not null check (clause <> ''),
    source text not null check (source <> ''),
    confidence text not null,
    status text not null check (status in ('law', 'policy', 'permit', 'draft', 'unconfirmed')),
    enabled boolean not null,
    valid_from date not null,
    valid_to date check (valid_to >= valid_from),
    author text not null check (author <> ''),
    reason text not null,
    created_at timestamptz not null,
    superseded_at timestamptz,
    check ((outlet_id is null) = (enterprise_id is null)),
    check ((outlet_id is null) <> (process is null)),
    check (origin <> 'preset' or preset is not null),
    check ((averaging = 'year') = (unit = 't'))
);
create unique index ux_emission_limit_current on emission_limit
    (coalesce(outlet_id, 0), coalesce(process, ''), quantity, kind, averaging, region, valid_from, (origin = 'preset'),
     (unit = 'kg/h'))
    where superseded_at is null;
comment on table emission_limit is 'append-only: an edit is a new row that supersedes; findings name the row they were judged by';
comment on column emission_limit.preset is 'key of the shipped row that this is, or that an operator''s row is based on';
comment on column emission_limit.reference_o2_pct is 'null: the standard defines none, the measured dry concentration stands';
comment on column emission_limit.exempt_process is 'kinds of process marks that exclude an hour from this limit, beside stopped';

create table mark (
    mark_id bigint generated always as identity primary key,
    enterprise_id int not null references enterprise (enterprise_id),
    outlet_id int not null references outlet (outlet_id),
    point_id int references point (point_id),
    dimension text not null check (dimension in ('equipment', 'process')),
    kind text not null,
    start_at timestamptz not null,
    end_at timestamptz not null,
    origin text not null check (origin in ('manual', 'auto')),
    author text not null check (author <> ''),
    reason text not null check (reason <> ''),
    created_at timestamptz not null,
    supersedes bigint unique references mark (mark_id),
    check (end_at > start_at),
    check (point_id is null or dimension = 'equipment')
);
create index ix_mark_outlet on mark (outlet_id, start_at);
create index ix_mark_enterprise on mark (enterprise_id, mark_id desc);
comment on table mark is '标记, append-only: equipment marks make minutes invalid, process marks (工况) exclude hours from limits that exempt them';
comment on column mark.point_id is 'null: all analysers of the outlet';

create table mark_decision (
    mark_id bigint primary key references mark (mark_id),
    decision text not null check (decision in ('rejected', 'withdrawn')),
    author text not null check (author <> ''),
    reason text not null check (reason <> ''),
    decided_at timestamptz not null
);
comment on table mark_decision is 'a bureau rejects a mark, its enterprise withdraws it; it has no effect from then on and stays to be seen';

create table rule_decision (
    decision_id bigint generated always as identity primary key,
    rule_id text not null,
    effective_from date not null,
    enabled boolean not null,
    params jsonb not null,
    author text not null check (author <> ''),
    reason text not null check (reason <> ''),
    source text not null,
    created_at timestamptz not null
);
create index ix_rule_decision on rule_decision (rule_id, effective_from, decision_id);
comment on table rule_decision is 'append-only: an operator enables, disables or edits a shipped rule from a local day on; the newest of a day counts';
