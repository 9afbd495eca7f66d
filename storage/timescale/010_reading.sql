-- Readings on a server with TimescaleDB: a hypertable with weekly chunks, compressed after a month.
-- Same columns and key as native/, same function names: no query knows the difference.
create table if not exists reading (
    point_id int not null,
    measured_at timestamptz not null,
    value double precision not null,
    source_flag "char" not null,
    qc_flag smallint not null,
    received_at timestamptz not null,
    primary key (point_id, measured_at)
);

select create_hypertable('reading', 'measured_at', chunk_time_interval => interval '7 days', if_not_exists => true);

do $$
begin
    if not exists (select from timescaledb_information.jobs
                   where hypertable_name = 'reading' and proc_name = 'policy_compression') then
        alter table reading set (timescaledb.compress, timescaledb.compress_segmentby = 'point_id',
                                 timescaledb.compress_orderby = 'measured_at');
        perform add_compression_policy('reading', interval '30 days');
    end if;
end $$;

create or replace function ensure_reading_partitions_v1(from_at timestamptz, to_at timestamptz) returns int
language sql as $$ select 0 $$;

create or replace function maintain_v1(now_at timestamptz, keep interval) returns int
language sql as $$ select count(*)::int from drop_chunks('reading', older_than => now_at - keep) $$;
