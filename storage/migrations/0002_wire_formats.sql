-- Wire formats beside our JSON: who speaks them, what their names mean, and what came from nobody we know.

create table station (
    station_id int generated always as identity primary key,
    enterprise_id int not null references enterprise (enterprise_id),
    mn text not null unique check (mn ~ '^[!-~]{1,64}$' and mn !~ '[;=,&#]'),
    name text not null,
    gateway text not null check (gateway ~ '^[^/+#]{1,64}$'),
    edition text not null check (edition in ('2005', '2017', '2025')),
    profile text not null check (profile in ('strict', 'lenient')),
    crc text not null check (crc in ('hj212', 'modbus', 'none')),
    missing_flag text not null check (missing_flag in ('normal', 'refuse')),
    ignored text[] not null,
    in_service_from date not null,
    in_service_to date
);
create index ix_station_enterprise on station (enterprise_id);
comment on table station is 'HJ 212 数采仪: who may speak for an enterprise, and how its logger bends the standard';
comment on column station.gateway is 'the topic level under which its frames are reported, as if they came by MQTT';
comment on column station.ignored is 'patterns CN/FACTOR-KEY of values that are knowingly not kept, such as */*-Min';

create table station_secret (
    station_id int primary key references station (station_id) on delete cascade,
    password_hash text,
    sm4_key bytea check (octet_length(sm4_key) = 16),
    set_at timestamptz not null
);
comment on table station_secret is 'password of the TCP door (PW, hashed) and SM4 key of HJ 212-2025; the key is needed as it is';

create table tag (
    tag_id int generated always as identity primary key,
    enterprise_id int not null references enterprise (enterprise_id),
    protocol text not null check (protocol in ('hj212', 'sparkplug', 'thingsboard')),
    device text not null,
    name text not null,
    point_id int not null references point (point_id),
    unit text not null,
    scale double precision not null check (scale <> 0),
    zero double precision not null,
    unique (enterprise_id, protocol, device, name)
);
comment on table tag is 'which point a name on the wire means; value in the point''s unit = raw * scale + zero';
comment on column tag.device is 'MN of an HJ 212 station, Sparkplug node or node/device, ThingsBoard device';
comment on column tag.name is 'CN/FACTOR-KEY such as 2011/a21026-Rtd, metric name, telemetry key';
comment on column tag.unit is 'what the device sends; the unit of the standard''s code table is not believed';

create table tolerated_quirk (
    enterprise_id int not null references enterprise (enterprise_id),
    device text not null,
    day date not null,
    quirk text not null,
    frames bigint not null check (frames > 0),
    primary key (enterprise_id, device, day, quirk)
);
comment on table tolerated_quirk is 'deviations from the standard that a lenient station was forgiven, by local day';

create table stray_message (
    stray_id bigint generated always as identity primary key,
    door text not null check (door in ('subscriber', 'hj212')),
    sender text not null,
    topic text not null,
    received_at timestamptz not null,
    payload bytea not null,
    payload_size int not null,
    reason text not null
);
create index ix_stray_message_received on stray_message (received_at);
comment on table stray_message is 'messages of nobody in the register: no enterprise, hence in no enterprise''s books';

create sequence sparkplug_birth_number;
create table sparkplug_birth (
    enterprise_id int not null references enterprise (enterprise_id),
    node text not null,
    device text not null,
    birth_number bigint not null default nextval('sparkplug_birth_number'),
    bd_seq smallint,
    born_at timestamptz not null,
    metrics jsonb not null,
    primary key (enterprise_id, node, device)
);
comment on table sparkplug_birth is 'the last birth of each node (device empty) and device: what its aliases mean';
comment on column sparkplug_birth.metrics is 'list of [name, alias or null, datatype]';
comment on column sparkplug_birth.birth_number is 'a new one for each birth, so that other processes see that theirs is old';

create table backfill (
    enterprise_id int not null references enterprise (enterprise_id),
    sha256 text not null,
    file_name text not null,
    rows_done bigint not null,
    started_at timestamptz not null,
    changed_at timestamptz not null,
    finished_at timestamptz,
    primary key (enterprise_id, sha256)
);
comment on table backfill is 'how far each file of history was taken in, so that a broken run goes on where it stopped';

create table refused_volume (
    enterprise_id int not null references enterprise (enterprise_id),
    day date not null,
    bytes bigint not null check (bytes >= 0),
    primary key (enterprise_id, day)
);
comment on table refused_volume is 'payload bytes of refused messages by local day, which decide how much of the next ones is kept';

-- stuck and jumping series
alter table point
    add column stuck_minutes smallint check (stuck_minutes between 2 and 60),
    add column max_step double precision check (max_step > 0);
comment on column point.stuck_minutes is 'valid values that stay identical this long within an hour mark it `stuck`; null asks nothing';
comment on column point.max_step is 'a change between neighbouring valid values beyond this, in the point''s unit, marks the hour `step`';
comment on column hourly.marks is 'rollover, reset, jump, spike, gap, corrected, over_range, suspect, stuck, step';
