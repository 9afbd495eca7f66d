-- Leak detection and repair, and duties with a date: installations and units, instruments and their calibrations,
-- campaigns, repairs, filings and leaks; lists of enterprises, records of duties done, and what is attached to them.
-- Safe while the previous version runs: only new tables, wider checks, and new columns that it neither reads nor must
-- write.

create table installation (
    installation_id int generated always as identity primary key,
    enterprise_id int not null references enterprise (enterprise_id),
    code text not null check (code ~ '^[A-Za-z0-9._-]{1,64}$'),
    name text not null,
    family text not null default 'socmi' check (family in ('socmi', 'petroleum')),
    standard text not null default 'GB37822' check (standard in ('GB37822', 'GB31571')),
    started_on date,
    hours_per_year double precision check (hours_per_year > 0 and hours_per_year <= 8784),
    in_service_from date not null,
    in_service_to date,
    unique (enterprise_id, code)
);
comment on table installation is '装置 of an enterprise, with what its sealing points are judged and counted by';
comment on column installation.family is 'whose emission coefficients hold: SOCMI or petroleum';
comment on column installation.standard is 'the standard that regulates its fugitive emissions; GB31571 besides GB37822';
comment on column installation.started_on is '首次开工: first day on which it ran; null: in_service_from';
comment on column installation.hours_per_year is '年运行小时; null: all hours in service';

create table process_unit (
    unit_id int generated always as identity primary key,
    installation_id int not null references installation (installation_id),
    code text not null check (code ~ '^[A-Za-z0-9._-]{1,64}$'),
    name text not null,
    x_m double precision check (x_m between -100000 and 100000),
    y_m double precision check (y_m between -100000 and 100000),
    unique (installation_id, code),
    check ((x_m is null) = (y_m is null))
);
comment on table process_unit is '单元（区域） of an installation';
comment on column process_unit.x_m is 'its middle on the plant''s own grid, in m east; null: not known';

alter table component
    add column unit_id int references process_unit (unit_id),
    add column tag text,
    add column service text,
    add column size_mm double precision check (size_mm > 0 and size_mm < 10000),
    add column reachable boolean not null default true,
    add column elevation_m double precision check (elevation_m between -1000 and 1000),
    add column voc_share double precision check (voc_share > 0 and voc_share <= 1),
    add column exempt_from date,
    add column exempt_to date,
    add constraint component_exemption_has_a_clause
        check (exempt_clause is not null or (exempt_from is null and exempt_to is null)),
    add constraint component_exemption_lasts check (exempt_to > exempt_from);
create index ix_component_unit on component (unit_id) where unit_id is not null;
create index ix_component_group on component (enterprise_id, unit_name, kind);
comment on column component.unit_name is 'as displayed; the name of unit_id where that is given';
comment on column component.tag is '标识牌编号';
comment on column component.service is '介质 in words';
comment on column component.size_mm is '公称直径 DN, mm';
comment on column component.reachable is 'false: 不可达密封点, tested by other means than a probe at the interface';
comment on column component.voc_share is 'mass share of VOC in the TOC of its stream; null: all of it';
comment on column component.exempt_from is 'first day of the exemption; null with a clause: since service began';
comment on column component.exempt_to is 'first day without the exemption again; null: it lasts';

create table component_event (
    event_id bigint generated always as identity primary key,
    enterprise_id int not null references enterprise (enterprise_id),
    kind text not null check (kind in ('restart', 'release')),
    component_id int references component (component_id),
    installation_id int references installation (installation_id),
    happened_at timestamptz not null,
    note text,
    author text not null check (author <> ''),
    origin text not null check (origin in ('api', 'file', 'mqtt')),
    received_at timestamptz not null,
    superseded_at timestamptz,
    check ((component_id is null) <> (installation_id is null)),
    check (kind = 'restart' or component_id is not null)
);
create unique index ux_component_event on component_event (kind, component_id, installation_id, happened_at)
    nulls not distinct where superseded_at is null;
comment on table component_event is 'restart: 检修后投用 of a component or a whole installation; release: a relief device has released';

create table instrument (
    instrument_id int generated always as identity primary key,
    enterprise_id int not null references enterprise (enterprise_id),
    serial text not null check (serial <> ''),
    model text,
    owner text,
    response_time_s double precision check (response_time_s > 0),
    verified_until date,
    in_use_from date not null,
    in_use_to date,
    unique (enterprise_id, serial)
);
comment on table instrument is '检测仪器 as declared by an enterprise; one that tests at several is declared by each';

create table instrument_calibration (
    calibration_id bigint generated always as identity primary key,
    instrument_id int not null references instrument (instrument_id),
    done_at timestamptz not null,
    kind text not null check (kind in ('zero', 'span', 'drift', 'response_time', 'flow')),
    expected double precision,
    shown double precision not null,
    author text not null check (author <> ''),
    origin text not null check (origin in ('api', 'file', 'mqtt')),
    received_at timestamptz not null,
    superseded_at timestamptz,
    check (expected is not null or kind in ('response_time', 'flow'))
);
create unique index ux_calibration_current on instrument_calibration (instrument_id, done_at, kind, expected)
    nulls not distinct where superseded_at is null;
comment on column instrument_calibration.expected is 'of the gas, in umol/mol; null where the kind has none';
comment on column instrument_calibration.shown is 'in umol/mol; of a response time in s, of a flow in L/min';

create table leak_tester (
    tester_id int generated always as identity primary key,
    enterprise_id int not null references enterprise (enterprise_id),
    name text not null check (name <> ''),
    company text,
    in_service_from date not null,
    in_service_to date,
    unique (enterprise_id, name)
);
comment on table leak_tester is '检测人员 as declared by an enterprise';

create table campaign (
    campaign_id int generated always as identity primary key,
    enterprise_id int not null references enterprise (enterprise_id),
    code text not null check (code ~ '^[A-Za-z0-9._-]{1,64}$'),
    name text not null,
    from_day date not null,
    to_day date not null check (to_day >= from_day),
    contractor text,
    installations text[],
    declared_components int check (declared_components >= 0),
    declared_unreachable int check (declared_unreachable >= 0),
    declared_leaks int check (declared_leaks >= 0),
    unique (enterprise_id, code)
);
comment on table campaign is '检测轮次; days are local and both included; installations: codes of those it is about, null for all';

alter table leak_test
    alter column net_umol_mol drop not null,
    add column purpose text not null default 'routine' check (purpose in ('routine', 'retest', 'spot_check', 'recheck')),
    add column method text not null default 'instrument' check (method in ('instrument', 'visual', 'ogi', 'ultrasonic')),
    add column reading_umol_mol double precision,
    add column response_factor double precision check (response_factor > 0),
    add column dwell_s double precision check (dwell_s >= 0),
    add column visible boolean not null default false,
    add column has_time boolean not null default true,
    add column campaign text,
    add column video text,
    add column author text,
    add column origin text check (origin in ('api', 'file', 'mqtt')),
    add constraint leak_test_by_instrument_has_a_figure check (net_umol_mol is not null or method <> 'instrument');
create index ix_leak_test_time on leak_test (tested_at);
-- the lowest published leak definition: what opens no leak is not in it
create index ix_leak_test_found on leak_test (component_id) where visible or net_umol_mol >= 500;
create index ix_leak_test_spot on leak_test (tested_at) where purpose = 'spot_check';
create index ix_leak_test_instrument on leak_test (instrument, tested_at) where instrument is not null;
comment on column leak_test.net_umol_mol is 'reading minus background, never below 0; times the response factor where one was applied; null: no probe';
comment on column leak_test.purpose is 'routine: of the schedule; retest: after a repair; spot_check: by the bureau; recheck: after drift';
comment on column leak_test.reading_umol_mol is 'as shown, background included; null: only the net value was reported';
comment on column leak_test.visible is 'liquid drips or seeps, or the method saw a leak';
comment on column leak_test.has_time is 'false: only the day was reported, tested_at is its beginning';
comment on column leak_test.author is 'who says it: an enterprise with its gateway, or a person; null: from before it was kept';
comment on column leak_test.video is 'number or file name of the video or track';

create view current_leak_test as
select t.* from leak_test t
where not exists (select from leak_test n where n.component_id = t.component_id and n.tested_at = t.tested_at
                  and n.revision > t.revision);
comment on view current_leak_test is 'each test once, by its newest revision';

create table repair (
    repair_id bigint generated always as identity primary key,
    component_id int not null references component (component_id),
    repaired_at timestamptz not null,
    measure text not null check (measure <> ''),
    repaired_by text,
    author text not null check (author <> ''),
    origin text not null check (origin in ('api', 'file', 'mqtt')),
    received_at timestamptz not null,
    superseded_at timestamptz
);
create unique index ux_repair_current on repair (component_id, repaired_at) where superseded_at is null;
comment on table repair is '维修记录, each an attempt; whether it helped is what the retest says';

create table repair_delay (
    delay_id bigint generated always as identity primary key,
    component_id int not null references component (component_id),
    found_at timestamptz not null,
    filed_at timestamptz not null,
    ground text not null check (ground in ('shutdown', 'unsafe', 'special')),
    repair_by date not null,
    document text not null check (document <> ''),
    author text not null check (author <> ''),
    origin text not null check (origin in ('api', 'file', 'mqtt')),
    received_at timestamptz not null,
    superseded_at timestamptz
);
create unique index ux_repair_delay_current on repair_delay (component_id, found_at, filed_at) where superseded_at is null;
comment on table repair_delay is '延迟修复备案: ground 停车检修才能修复, 立即修复不安全, 其他特殊情况; repair_by: end of the next shutdown';

create table leak (
    leak_id bigint generated always as identity primary key,
    component_id int not null references component (component_id),
    found_at timestamptz not null,
    net_umol_mol double precision,
    visible boolean not null,
    state text not null check (state in ('found', 'attempted', 'still_leaking', 'delayed', 'closed', 'removed')),
    attempts smallint not null default 0,
    first_attempt_at timestamptz,
    last_repair_at timestamptz,
    closed_at timestamptz,
    closed_net_umol_mol double precision,
    delay_ground text,
    delay_filed_at timestamptz,
    delay_until date,
    unique (component_id, found_at)
);
create index ix_leak_open on leak (found_at) where state not in ('closed', 'removed');
create index ix_leak_found on leak (found_at, leak_id);
comment on table leak is 'derived from tests, repairs and filings in the transaction that stores them; opened from the lowest published definition on, whether a standard calls it a leak is for the rules';

create table component_due (
    component_id int not null references component (component_id),
    rule_id text not null,
    enterprise_id int not null references enterprise (enterprise_id),
    anchor text not null check (anchor in ('test', 'in_service', 'restart', 'release', 'exemption_end', 'year')),
    anchor_on date not null,
    due_on date not null,
    primary key (component_id, rule_id) include (due_on)
);
create index ix_component_due on component_due (enterprise_id, rule_id, due_on);
comment on table component_due is 'the open duty of each component in each LDAR schedule; no row: none. Kept by the rules';

-- What is due in a stretch of days: findings on leaks and duties are terms that end with the due day.
create index ix_finding_term on finding (enterprise_id, period_end)
    where superseded_at is null and (rule_id like 'ldar.%' or rule_id like 'duty.%');
create index ix_leak_test_corrected on leak_test (component_id, tested_at) where revision > 0;
create index ix_component_put_in on component (enterprise_id, in_service_from);
create index ix_component_removed on component (enterprise_id, in_service_to) where in_service_to is not null;
create index ix_component_exempt_from on component (enterprise_id, exempt_from) where exempt_from is not null;
create index ix_component_exempt_to on component (enterprise_id, exempt_to) where exempt_to is not null;

-- How many components an enterprise has in service on a day is asked at every record; it is kept by the day on which it
-- changes, by triggers, so that whoever writes components, the previous version too, keeps it right.
create table component_change (
    enterprise_id int not null references enterprise (enterprise_id),
    day date not null,
    change int not null,
    primary key (enterprise_id, day)
);
comment on table component_change is 'components in service on a day: the sum of change up to it; exempt ones count';

insert into component_change (enterprise_id, day, change)
select enterprise_id, day, sum(change)
from (select enterprise_id, in_service_from as day, 1 as change from component
      union all
      select enterprise_id, in_service_to, -1 from component where in_service_to is not null) c
group by enterprise_id, day
having sum(change) <> 0;

create function component_was_put_in() returns trigger language plpgsql as $$
begin
    insert into component_change as k (enterprise_id, day, change)
    select c.enterprise_id, c.day, sum(c.change)
    from (select enterprise_id, in_service_from as day, 1 as change from put_in
          union all
          select enterprise_id, in_service_to, -1 from put_in where in_service_to is not null) c
    group by c.enterprise_id, c.day
    order by c.enterprise_id, c.day
    on conflict (enterprise_id, day) do update set change = k.change + excluded.change;
    return null;
end $$;

create function component_was_taken_out() returns trigger language plpgsql as $$
begin
    insert into component_change as k (enterprise_id, day, change)
    select c.enterprise_id, c.day, sum(c.change)
    from (select enterprise_id, in_service_from as day, -1 as change from taken_out
          union all
          select enterprise_id, in_service_to, 1 from taken_out where in_service_to is not null) c
    group by c.enterprise_id, c.day
    order by c.enterprise_id, c.day
    on conflict (enterprise_id, day) do update set change = k.change + excluded.change;
    return null;
end $$;

create function component_was_changed() returns trigger language plpgsql as $$
begin
    insert into component_change as k (enterprise_id, day, change)
    select c.enterprise_id, c.day, sum(c.change)
    from (select enterprise_id, in_service_from as day, -1 as change from taken_out
          union all
          select enterprise_id, in_service_to, 1 from taken_out where in_service_to is not null
          union all
          select enterprise_id, in_service_from, 1 from put_in
          union all
          select enterprise_id, in_service_to, -1 from put_in where in_service_to is not null) c
    group by c.enterprise_id, c.day
    having sum(c.change) <> 0
    order by c.enterprise_id, c.day
    on conflict (enterprise_id, day) do update set change = k.change + excluded.change;
    return null;
end $$;

create trigger component_put_in after insert on component
    referencing new table as put_in for each statement execute function component_was_put_in();
create trigger component_taken_out after delete on component
    referencing old table as taken_out for each statement execute function component_was_taken_out();
create trigger component_changed after update on component
    referencing old table as taken_out new table as put_in for each statement execute function component_was_changed();

create table leak_emission (
    enterprise_id int not null references enterprise (enterprise_id),
    month date not null check (extract(day from month) = 1),
    unit_name text not null,
    kind text not null,
    method text not null check (method in ('correlation', 'default_zero', 'pegged', 'average_factor')),
    components int not null,
    kg double precision not null,
    avoided_kg double precision not null default 0,
    primary key (enterprise_id, month, unit_name, kind, method)
);
comment on table leak_emission is 'VOC emitted by sealing points in a local month, kg. Kept by the rules';
comment on column leak_emission.avoided_kg is 'what repaired leaks would have emitted besides, had they gone on';

create table leak_factor (
    family text not null check (family in ('socmi', 'petroleum')),
    kind text not null,
    medium text not null,
    coefficient_a double precision not null,
    exponent_b double precision not null,
    default_zero_kg_h double precision not null,
    pegged_kg_h double precision not null,
    average_kg_h double precision not null,
    zero_below_umol_mol double precision not null,
    pegged_from_umol_mol double precision not null,
    correlation_row text not null,
    average_row text not null,
    is_borrowed boolean not null,
    confidence text not null,
    source text not null,
    primary key (family, kind, medium)
);
comment on table leak_factor is 'by which figures leak_emission was computed, a row per class of components; kept by the rules from the policy tables';
comment on column leak_factor.is_borrowed is 'a row of another class or family stands in for want of an own one';

create table campaign_unit (
    campaign_id int not null references campaign (campaign_id),
    unit_name text not null,
    components int not null,
    tested int not null,
    leaking int not null,
    closed int not null,
    found_kg_h double precision not null,
    after_kg_h double precision not null,
    untested_kg_h double precision not null,
    primary key (campaign_id, unit_name)
);
comment on table campaign_unit is 'a campaign by unit, kept by the rules. components: of its installations, in service and not exempt on its last day; tested: with a routine test in its days, without a probe only what cannot be reached; leaking: that these tests found leaking; closed: of them repaired by now';
comment on column campaign_unit.found_kg_h is 'of what was tested, by its highest reading then';
comment on column campaign_unit.after_kg_h is 'the same by what closed its leak since';
comment on column campaign_unit.untested_kg_h is 'of what was not tested, by the average factors';

create table enterprise_list (
    enterprise_id int not null references enterprise (enterprise_id),
    list text not null check (list ~ '^[a-z0-9_]{1,64}$'),
    listed_from date not null,
    listed_to date check (listed_to > listed_from),
    source text not null,
    primary key (enterprise_id, list, listed_from)
);
comment on table enterprise_list is '名录: which enterprises a bureau has put on a list that duties rest on, such as soil_key_unit 土壤污染重点监管单位';

create table duty_record (
    record_id bigint generated always as identity primary key,
    rule_id text not null,
    subject text not null,
    enterprise_id int references enterprise (enterprise_id),
    done_on date not null,
    documents jsonb not null default '[]' check (jsonb_typeof(documents) = 'array'),
    note text,
    author text not null check (author <> ''),
    origin text not null check (origin in ('api', 'file', 'mqtt')),
    received_at timestamptz not null,
    superseded_at timestamptz,
    withdrawn_by text,
    withdrawn_because text,
    check (withdrawn_by is null or superseded_at is not null),
    check ((withdrawn_by is null) = (withdrawn_because is null))
);
create unique index ux_duty_record_current on duty_record (rule_id, subject, done_on) where superseded_at is null;
create index ix_duty_record_day on duty_record (rule_id, subject, done_on);
create index ix_duty_record_enterprise on duty_record (enterprise_id, rule_id) where superseded_at is null;
comment on table duty_record is 'that a duty was done on a day, append-only; documents: [{kind, reference}], what proves it';

create table attachment (
    attachment_id bigint generated always as identity primary key,
    record_id bigint not null references duty_record (record_id),
    kind text not null,
    name text not null check (name <> ''),
    media_type text not null,
    sha256 text not null check (sha256 ~ '^[0-9a-f]{64}$'),
    content bytea not null check (octet_length(content) between 1 and 20971520),
    author text not null check (author <> ''),
    received_at timestamptz not null,
    unique (record_id, sha256)
);

alter table rule_work drop constraint rule_work_kind_check;
alter table rule_work add constraint rule_work_kind_check
    check (kind in ('hour', 'leak_test', 'register', 'metering', 'ledger', 'ldar', 'duty'));
comment on table rule_work is 'append-only: hour = point_id and hour, leak_test = component_id and time of a test, repair, filing or event, register = enterprise_id, metering = enterprise_id and first day that the register''s change concerns, ledger = enterprise_id (0: the city) and start of the period, ldar = enterprise_id and first instant that a changed instrument, calibration, tester or campaign concerns, duty = enterprise_id (0: nobody''s) and start of the day on which a duty was done';
