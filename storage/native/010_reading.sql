-- Readings on a plain PostgreSQL: monthly range partitions (UTC months), made ahead and on demand.
create table if not exists reading (
    point_id int not null,
    measured_at timestamptz not null,
    value double precision not null,
    source_flag "char" not null,
    qc_flag smallint not null,
    received_at timestamptz not null,
    primary key (point_id, measured_at)
) partition by range (measured_at);

create or replace function ensure_reading_partitions_v1(from_at timestamptz, to_at timestamptz) returns int
language plpgsql as $$
declare
    month_at timestamp := date_trunc('month', from_at at time zone 'UTC');
    made int := 0;
    partition text;
begin
    while month_at <= to_at at time zone 'UTC' loop
        partition := 'reading_' || to_char(month_at, 'YYYYMM');
        if to_regclass(partition) is null then
            -- two writers may meet a new month together
            perform pg_advisory_xact_lock(hashtext('reading_partition'));
            if to_regclass(partition) is null then
                execute format('create table if not exists %I partition of reading for values from (%L) to (%L)',
                    partition, month_at at time zone 'UTC', (month_at + interval '1 month') at time zone 'UTC');
                made := made + 1;
            end if;
        end if;
        month_at := month_at + interval '1 month';
    end loop;
    return made;
end $$;

create or replace function maintain_v1(now_at timestamptz, keep interval) returns int
language plpgsql as $$
declare
    dropped int := 0;
    partition text;
begin
    perform ensure_reading_partitions_v1(now_at, now_at + interval '1 month');
    for partition in
        select c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid
        where i.inhparent = 'reading'::regclass
          and to_timestamp(right(c.relname, 6), 'YYYYMM') + interval '1 month' <= now_at - keep
    loop
        execute format('drop table %I', partition);
        dropped := dropped + 1;
    end loop;
    return dropped;
end $$;
