-- Water and energy: parks, production lines, what meters hang below which, replaced meters, the ledger (台账) of what is
-- reported rather than measured, monthly totals, and where the city's targets stand.
-- Safe while the previous version runs: only new tables, wider checks, and new columns that it neither reads nor must
-- write.

alter table district
    add column longitude double precision check (longitude between -180 and 180),
    add column latitude double precision check (latitude between -90 and 90);

create table park (
    code text primary key check (code ~ '^[a-z0-9-]{1,64}$'),
    name text not null,
    district text not null references district (code),
    longitude double precision check (longitude between -180 and 180),
    latitude double precision check (latitude between -90 and 90)
);
comment on table park is '工业园区';

alter table enterprise
    add column park text references park (code),
    add column key_water text check (key_water in ('national', 'region', 'city')),
    add column key_energy text check (key_energy in ('national', 'region', 'city'));
comment on column enterprise.key_water is '重点用水单位, by whose list; null: none';
comment on column enterprise.key_energy is '重点用能单位, by whose list; null: none';

alter table intake
    add column permit_number text,
    add column permit_from date,
    add column permit_to date check (permit_to >= permit_from);
comment on column intake.permit_to is '取水许可证: last local day on which it holds; null: not known';

create table control_index (
    enterprise_id int not null references enterprise (enterprise_id),
    year int not null check (year between 2000 and 2100),
    water_m3 numeric not null check (water_m3 > 0),
    source text not null,
    primary key (enterprise_id, year)
);
comment on table control_index is '用水计划（总量控制指标） of an enterprise for a calendar year';

create table line (
    line_id int generated always as identity primary key,
    enterprise_id int not null references enterprise (enterprise_id),
    code text not null check (code ~ '^[A-Za-z0-9._-]{1,64}$'),
    name text not null,
    product text not null,
    capacity_t_a double precision check (capacity_t_a > 0),
    charging text check (charging in ('top', 'stamp')),
    quenching text check (quenching in ('dry', 'wet')),
    commissioned_on date,
    in_service_from date not null,
    in_service_to date,
    unique (enterprise_id, code)
);
comment on table line is '生产线: what a unit consumption is judged of; product is a key of domain.products';
comment on column line.charging is '装煤方式 of coke ovens: 顶装 or 捣固; null elsewhere';

alter table metering_place
    add column medium text not null default 'water',
    add column flow text not null default 'in' check (flow in ('in', 'out')),
    add column use text,
    add column parent_id int references metering_place (place_id),
    add column line_id int references line (line_id),
    add constraint place_is_not_its_parent check (parent_id <> place_id);
create index ix_meter_place on meter (place_id);
create index ix_metering_place_parent on metering_place (parent_id) where parent_id is not null;
comment on column metering_place.medium is 'water, or an energy kind of domain.ledger.ENERGY';
comment on column metering_place.use is 'what the water is there for (fresh, reused, ...), see domain.metering.WaterUse; null: not said';
comment on column metering_place.parent_id is 'the place whose meter measures what passes here too: a balance sets it against its children';

alter table meter
    add column counter_digits smallint check (counter_digits between 1 and 15),
    add column counter_scale double precision check (counter_scale > 0),
    add column counter_max_rate_per_h double precision check (counter_max_rate_per_h > 0),
    add constraint meter_register_is_whole check ((counter_digits is null) = (counter_scale is null));
create index ix_meter_point on meter (point_id) where point_id is not null;
comment on column meter.counter_digits is 'the register of this segment where it differs from the point''s, its greatest rate with it; null: the point''s';

create table meter_change (
    change_id bigint generated always as identity primary key,
    point_id int not null references point (point_id),
    changed_at timestamptz not null,
    old_serial text,
    new_serial text,
    old_final double precision not null check (old_final >= 0 and old_final < 'infinity'),
    new_initial double precision not null check (new_initial >= 0 and new_initial < 'infinity'),
    author text not null check (author <> ''),
    reason text not null,
    created_at timestamptz not null,
    superseded_at timestamptz,
    withdrawn_by text,
    withdrawn_because text,
    check (withdrawn_by is null or superseded_at is not null),
    check ((withdrawn_by is null) = (withdrawn_because is null))
);
create unique index ux_meter_change_current on meter_change (point_id, changed_at) where superseded_at is null;
comment on table meter_change is '换表记录, append-only: with it the volume is conserved over a replacement; without it the increment is unknown';
comment on column meter_change.changed_at is 'readings until then show the old register, later ones the new';
comment on column meter_change.superseded_at is 'when another record took its place or it was withdrawn; null: it counts';

create table quota (
    quota_id int generated always as identity primary key,
    product text not null,
    region text not null,
    edition text not null,
    class text not null check (class in ('leading', 'advanced', 'general', 'mandatory')),
    value double precision not null check (value > 0 and value < 'infinity'),
    unit text not null,
    source text not null check (source <> ''),
    confidence text not null,
    valid_from date not null,
    valid_to date check (valid_to >= valid_from),
    unique (product, region, edition, class, valid_from)
);
comment on table quota is '用水定额 per unit of a product: 领跑值, 先进值, 通用值, 强制性; none is shipped, none loaded is never a pass';

create table ledger_entry (
    entry_id bigint generated always as identity primary key,
    enterprise_id int references enterprise (enterprise_id),
    line_id int references line (line_id),
    item text not null,
    period_kind text not null check (period_kind in ('month', 'year')),
    period_from date not null,
    value double precision not null check (value > '-infinity' and value < 'infinity'),
    unit text not null,
    author text not null check (author <> ''),
    evidence text not null,
    origin text not null check (origin in ('api', 'file', 'mqtt')),
    created_at timestamptz not null,
    superseded_at timestamptz,
    check (line_id is null or enterprise_id is not null),
    check (extract(day from period_from) = 1),
    check (period_kind = 'month' or extract(month from period_from) = 1)
);
create unique index ux_ledger_entry_current on ledger_entry
    (coalesce(enterprise_id, 0), coalesce(line_id, 0), item, period_kind, period_from) where superseded_at is null;
create index ix_ledger_entry_period on ledger_entry (period_from, item) where superseded_at is null;
create index ix_ledger_entry_enterprise on ledger_entry (enterprise_id, entry_id desc);
comment on table ledger_entry is '台账, append-only: reported figures of a calendar period (production, purchases, stocks, waste, value added); another figure supersedes, both stay';
comment on column ledger_entry.enterprise_id is 'null: the city''s own figure';
comment on column ledger_entry.item is 'key of domain.ledger.ITEMS; value is in the item''s unit';

create table point_month (
    point_id int not null references point (point_id),
    month date not null check (extract(day from month) = 1),
    total double precision,
    bridged double precision not null,
    carried double precision not null,
    hours int not null,
    unknown_steps int not null,
    first_hour timestamptz,
    last_hour timestamptz,
    carried_from timestamptz,
    primary key (point_id, month)
);
comment on table point_month is 'what a counter passed in a local month, from hourly rows; null total: no increment is known';
create index ix_hourly_marked on hourly (hour_at, point_id) where marks <> '{}';
comment on index ix_hourly_marked is 'few hours are marked: what sums up months looks at these alone';

comment on column point_month.bridged is 'part of total that bridges gaps; carried: part of that from gaps that began before the month';
comment on column point_month.carried_from is 'last reading before a gap over the month''s beginning; null: there is none';
comment on column point_month.hours is 'hours with a reading';
comment on column point_month.unknown_steps is 'hours with a reset, or with a jump that no spike followed: what passed then is not in total';

alter table rule_work drop constraint rule_work_kind_check;
alter table rule_work add constraint rule_work_kind_check check (kind in ('hour', 'leak_test', 'register', 'metering', 'ledger'));
comment on table rule_work is 'append-only: hour = point_id and hour, leak_test = component_id and time, register = enterprise_id, metering = enterprise_id and first day that the register''s change concerns, ledger = enterprise_id (0: the city) and start of the period';

create table target_value (
    value_id bigint generated always as identity primary key,
    target_id text not null,
    part text not null default '',
    as_of date not null,
    value double precision not null check (value > '-infinity' and value < 'infinity'),
    author text not null check (author <> ''),
    evidence text not null check (evidence <> ''),
    origin text not null check (origin in ('api', 'file')),
    created_at timestamptz not null,
    superseded_at timestamptz
);
create unique index ux_target_value_current on target_value (target_id, part, as_of) where superseded_at is null;
create index ix_target_value_history on target_value (target_id, value_id desc);
comment on table target_value is 'what a bureau enters for targets that nothing here can compute; append-only';
comment on column target_value.part is 'which number of a target that has several kinds of things; empty for the others';

create table target_status (
    target_id text primary key,
    indicator_year int,
    state text not null check (state in ('met', 'on_track', 'behind', 'missed', 'unknown', 'not_computable')),
    value double precision,
    unit text,
    as_of date,
    gap double precision,
    projected double precision,
    trend jsonb not null,
    parts jsonb not null,
    conflicts jsonb not null,
    source jsonb not null,
    why text not null,
    computed_at timestamptz not null
);
comment on table target_status is 'the scoreboard: where each target stands, written by the rules whenever what it rests on has changed';
