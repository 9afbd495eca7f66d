-- The whole first schema. Time is always a parameter: no default calls now(). Safe on an empty database only.
-- `reading` itself is made by native/ or timescale/, whichever the server can do; its columns are the same in both.

create table district (
    code text primary key check (code ~ '^[a-z0-9-]{1,64}$'),
    name text not null
);

create table city (
    code text primary key check (code ~ '^[a-z0-9-]{1,64}$'),
    name text not null
);

create table enterprise (
    enterprise_id int generated always as identity primary key,
    code text not null unique check (code ~ '^[a-z0-9-]{1,64}$'),
    name text not null,
    district text not null references district (code),
    industry text not null,
    is_industrial boolean not null,
    registered_from date not null
);
comment on column enterprise.registered_from is 'local date from which the enterprise is judged';

create table credential (
    enterprise_id int primary key references enterprise (enterprise_id) on delete cascade,
    password_hash text not null,
    set_at timestamptz not null
);

create table outlet (
    outlet_id int generated always as identity primary key,
    enterprise_id int not null references enterprise (enterprise_id),
    code text not null,
    name text not null,
    process text not null,
    in_service_from date not null,
    in_service_to date,
    unique (enterprise_id, code)
);
comment on column outlet.process is 'what the rules select by: coke_oven_stack, charging, pushing, ...';

create table point (
    point_id int generated always as identity primary key,
    enterprise_id int not null references enterprise (enterprise_id),
    code text not null check (code ~ '^[A-Za-z0-9._-]{1,64}$'),
    name text not null,
    kind text not null check (kind in ('instantaneous', 'counter', 'state')),
    quantity text not null,
    unit text not null,
    interval_s int not null check (interval_s between 1 and 86400),
    physical_min double precision,
    physical_max double precision,
    outlet_id int references outlet (outlet_id),
    counter_digits smallint check (counter_digits between 1 and 15),
    counter_scale double precision check (counter_scale > 0),
    counter_max_rate_per_h double precision check (counter_max_rate_per_h > 0),
    in_service_from date not null,
    in_service_to date,
    unique (enterprise_id, code),
    check ((kind = 'counter') = (counter_digits is not null)),
    check ((counter_digits is null) = (counter_scale is null))
);
create index ix_point_outlet on point (outlet_id);
comment on column point.quantity is 'so2, nox, pm, o2, water_volume, energy, ...: what the rules select by';

create table intake (
    intake_id int generated always as identity primary key,
    enterprise_id int not null references enterprise (enterprise_id),
    code text not null,
    name text not null,
    source text not null check (source in ('surface', 'ground', 'public', 'reclaimed', 'purchased')),
    permitted_m3_a numeric not null check (permitted_m3_a > 0),
    is_agricultural boolean not null,
    in_service_from date not null,
    in_service_to date,
    unique (enterprise_id, code)
);

create table metering_place (
    place_id int generated always as identity primary key,
    enterprise_id int not null references enterprise (enterprise_id),
    code text not null,
    name text not null,
    level text not null check (level in ('unit', 'secondary', 'equipment')),
    intake_id int references intake (intake_id),
    in_service_from date not null,
    in_service_to date,
    unique (enterprise_id, code)
);
comment on table metering_place is 'where a water meter is required (GB/T 24789): 用水单位, 次级用水单位, 主要用水设备';

create table meter (
    meter_id int generated always as identity primary key,
    enterprise_id int not null references enterprise (enterprise_id),
    place_id int not null references metering_place (place_id),
    serial text not null,
    accuracy_class text,
    verified_on date not null,
    verification_months smallint not null check (verification_months > 0),
    installed_on date not null,
    removed_on date,
    point_id int references point (point_id),
    unique (enterprise_id, serial, installed_on)
);

create table component (
    component_id int generated always as identity primary key,
    enterprise_id int not null references enterprise (enterprise_id),
    code text not null check (code ~ '^[A-Za-z0-9._/-]{1,64}$'),
    name text not null,
    unit_name text not null,
    kind text not null check (kind in ('pump', 'compressor', 'agitator', 'valve', 'open_end', 'relief', 'sampling',
                                       'flange', 'connector', 'other')),
    medium text not null check (medium in ('gas', 'light_liquid', 'heavy_liquid')),
    in_service_from date not null,
    in_service_to date,
    exempt_clause text,
    unique (enterprise_id, code)
);
comment on table component is 'LDAR 密封点';

create table leak_test (
    component_id int not null references component (component_id),
    tested_at timestamptz not null,
    revision smallint not null default 0,
    net_umol_mol double precision not null,
    background_umol_mol double precision,
    instrument text,
    tester text,
    received_at timestamptz not null,
    primary key (component_id, tested_at, revision)
);
comment on column leak_test.revision is 'a different record for a stored instant is a correction: the highest counts, all stay';

-- Ingest ---------------------------------------------------------------------------------------------------------

create table correction (
    correction_id bigint generated always as identity primary key,
    point_id int not null references point (point_id),
    measured_at timestamptz not null,
    value double precision not null,
    source_flag "char" not null,
    qc_flag smallint not null,
    received_at timestamptz not null,
    unique (point_id, measured_at, value, source_flag)
);
comment on table correction is 'different values for a stored instant; the newest counts, the reading stays';

create table dirty_hour (
    point_id int not null,
    hour_at timestamptz not null
);
create index ix_dirty_hour_point on dirty_hour (point_id, hour_at);
comment on table dirty_hour is 'append-only work list of the roll-up: writers never wait for readers; no key, it would cost each reading a third more';

create table accounting (
    enterprise_id int not null references enterprise (enterprise_id),
    day date not null,
    shard smallint not null,
    messages bigint not null default 0,
    received bigint not null default 0,
    stored bigint not null default 0,
    duplicates bigint not null default 0,
    corrections bigint not null default 0,
    refused bigint not null default 0,
    primary key (enterprise_id, day, shard),
    constraint accounting_law check (received = stored + duplicates + corrections + refused)
);
comment on column accounting.shard is 'one row per writer process, so that writers do not wait for each other';

create table refused_message (
    message_id bigint generated always as identity primary key,
    enterprise_id int not null references enterprise (enterprise_id),
    gateway text,
    client_id text not null,
    topic text not null,
    received_at timestamptz not null,
    payload bytea not null,
    payload_size int not null
);
create index ix_refused_message_enterprise on refused_message (enterprise_id, message_id desc);

create table refusal (
    message_id bigint not null references refused_message (message_id) on delete cascade,
    reason text not null,
    items int not null check (items > 0),
    first_item text not null,
    expected text not null,
    primary key (message_id, reason)
);

create table gateway_status (
    enterprise_id int not null references enterprise (enterprise_id),
    gateway text not null,
    online boolean not null,
    changed_at timestamptz not null,
    primary key (enterprise_id, gateway)
);

create table hourly (
    point_id int not null references point (point_id),
    hour_at timestamptz not null,
    mean double precision,
    increment double precision,
    valid_minutes smallint not null check (valid_minutes between 0 and 60),
    reading_count int not null,
    valid_count int not null,
    minimum double precision,
    maximum double precision,
    first_value double precision,
    last_value double precision,
    flag_counts jsonb not null,
    marks text[] not null,
    gap_from timestamptz,
    computed_at timestamptz not null,
    primary key (point_id, hour_at)
);
create index ix_hourly_hour on hourly (hour_at);
comment on column hourly.mean is 'mean of valid minutes; null for counters and when no minute is valid';
comment on column hourly.increment is 'sum of the increments that end within (start, end]; null when unknown: never zero for silence';
comment on column hourly.marks is 'rollover, reset, jump, spike, gap, corrected, over_range, suspect';

-- Rules ----------------------------------------------------------------------------------------------------------

create table rule (
    rule_id text primary key,
    version int not null,
    pack text not null,
    title text not null,
    evaluator text not null,
    standard text not null,
    clause text not null,
    status text not null check (status in ('law', 'policy', 'draft', 'unconfirmed', 'platform')),
    document_status text not null,
    confidence text not null,
    enabled boolean not null,
    severity text not null check (severity in ('critical', 'warning', 'info')),
    definition jsonb not null,
    health text not null default 'unknown' check (health in ('unknown', 'ok', 'error')),
    last_error text,
    last_evaluated_at timestamptz
);

create table rule_work (
    seq bigint generated always as identity primary key,
    kind text not null check (kind in ('hour', 'leak_test', 'register')),
    key bigint not null,
    at timestamptz not null
);
comment on table rule_work is 'append-only: hour = point_id and hour, leak_test = component_id and time, register = enterprise_id';

create table rule_watermark (
    rule_id text not null,
    subject text not null,
    rule_version int not null,
    through_at timestamptz not null,
    primary key (rule_id, subject)
);

create table finding (
    finding_id bigint generated always as identity primary key,
    rule_id text not null,
    rule_version int not null,
    subject text not null,
    enterprise_id int references enterprise (enterprise_id),
    period_start timestamptz not null,
    period_end timestamptz not null,
    verdict text not null check (verdict in ('compliant', 'violation', 'undetermined')),
    reason text not null,
    value double precision,
    limit_value double precision,
    unit text,
    evidence jsonb not null,
    computed_at timestamptz not null,
    superseded_at timestamptz,
    superseded_by bigint references finding (finding_id)
);
create unique index ux_finding_current on finding (rule_id, subject, period_start) where superseded_at is null;
create index ix_finding_enterprise on finding (enterprise_id, finding_id desc);
create index ix_finding_period on finding (period_start);
create index ix_finding_history on finding (rule_id, subject, period_start, finding_id);
create index ix_finding_violation on finding (rule_id, enterprise_id, period_start)
    where verdict = 'violation' and superseded_at is null;

create table target (
    target_id text primary key,
    document text not null,
    document_status text not null,
    indicator text not null,
    operator text not null,
    value numeric,
    unit text,
    baseline_year int,
    target_year int,
    bureau text,
    domain text not null,
    check_mode text not null,
    quote text not null,
    note text not null
);

-- Alerts ---------------------------------------------------------------------------------------------------------

create table alert_work (
    seq bigint generated always as identity primary key,
    finding_id bigint not null references finding (finding_id)
);

create table alert (
    alert_id bigint generated always as identity primary key,
    rule_id text not null,
    subject text not null,
    enterprise_id int references enterprise (enterprise_id),
    severity text not null check (severity in ('critical', 'warning', 'info')),
    state text not null check (state in ('pending', 'firing', 'resolved')),
    title text not null,
    summary text not null,
    details jsonb not null,
    occurred_at timestamptz not null,
    detected_at timestamptz not null,
    fired_at timestamptz,
    last_seen_at timestamptz not null,
    resolved_at timestamptz,
    resolution text,
    finding_id bigint not null references finding (finding_id),
    acknowledged_at timestamptz,
    acknowledged_by text,
    acknowledge_comment text,
    check ((state = 'resolved') = (resolved_at is not null))
);
create unique index ux_alert_open on alert (rule_id, subject) where state in ('pending', 'firing');
create index ix_alert_enterprise on alert (enterprise_id, alert_id desc);
create unique index ux_alert_occurrence on alert (rule_id, subject, occurred_at, alert_id);
comment on column alert.occurred_at is 'event time: start of the first violating period';
comment on column alert.detected_at is 'platform clock when the alert stage saw it';
comment on column alert.fired_at is 'event time at which the violation had lasted for the rule''s `for`';

create table alert_event (
    event_id bigint generated always as identity primary key,
    alert_id bigint not null references alert (alert_id),
    at timestamptz not null,
    kind text not null,
    actor text not null,
    comment text not null,
    finding_id bigint references finding (finding_id)
);
create index ix_alert_event_alert on alert_event (alert_id, event_id);
comment on table alert_event is 'append-only history: pending, firing, resolved, reopened, acknowledged, notify, not_notified';

create table notification (
    notification_id bigint generated always as identity primary key,
    alert_id bigint not null references alert (alert_id),
    event text not null check (event in ('firing', 'resolved')),
    channel text not null,
    receiver text not null,
    idempotency_key text not null unique,
    body jsonb not null,
    state text not null check (state in ('queued', 'sent', 'failed')),
    attempts int not null default 0,
    queued_at timestamptz not null,
    next_attempt_at timestamptz not null,
    sent_at timestamptz,
    last_error text
);
create index ix_notification_queued on notification (next_attempt_at) where state = 'queued';
create index ix_notification_alert on notification (alert_id);
comment on table notification is 'outbox: written in the transaction that changes the alert, delivered afterwards';
