-- copy_dirty --
-- hours that have to be computed again
copy dirty_hour (point_id, hour_at) from stdin (format binary)

-- lock_roll_up --
-- one roll-up at a time; the lock ends with the transaction
select pg_try_advisory_xact_lock(%(lock)s::bigint)

-- walk_indexes --
-- for this transaction: the next two valid readings are found by walking the key in its order. The planner cannot know
-- that most readings are valid; left alone, it fetches all of a point and sorts them
select set_config('enable_sort', 'off', true), set_config('enable_bitmapscan', 'off', true),
       set_config('jit', 'off', true)

-- take_dirty --
-- strike off some entries of the work list, about the oldest; they are gone when the transaction commits
with taken as (
    delete from dirty_hour
    where ctid = any(array(select d.ctid from dirty_hour d limit %(limit)s::int))
    returning point_id, hour_at
)
select coalesce(array_agg(point_id), '{}') as point_id, coalesce(array_agg(hour_at), '{}') as hour_at from taken

-- count_dirty --
-- length of the work list
select count(*) from dirty_hour

-- upsert_hours --
-- write hourly rows; a row whose content stays the same is not touched. The rules are told of those that changed
with computed as materialized (
    select h.point_id, h.hour_at, nullif(h.mean, 'NaN'::double precision) as mean,
           nullif(h.increment, 'NaN'::double precision) as increment, h.valid_minutes, h.reading_count, h.valid_count,
           nullif(h.minimum, 'NaN'::double precision) as minimum, nullif(h.maximum, 'NaN'::double precision) as maximum,
           nullif(h.first_value, 'NaN'::double precision) as first_value,
           nullif(h.last_value, 'NaN'::double precision) as last_value,
           h.flag_counts::jsonb as flag_counts, string_to_array(h.marks, ',') as marks,
           nullif(h.gap_from, '-infinity'::timestamptz) as gap_from, h.marked_minutes,
           string_to_array(h.mark_ids, ',')::bigint[] as mark_ids,
           nullif(h.deviation, 'NaN'::double precision) as deviation, h.flat_head_s, h.flat_tail_s, h.flat_longest_s,
           h.zero_minutes, h.negative_minutes, h.maximum_count, h.late_count,
           nullif(h.digest, %(no_digest)s::bigint) as digest
    from unnest(%(point_id)s::int[], %(hour_at)s::timestamptz[], %(mean)s::double precision[],
                %(increment)s::double precision[], %(valid_minutes)s::smallint[], %(reading_count)s::int[],
                %(valid_count)s::int[], %(minimum)s::double precision[], %(maximum)s::double precision[],
                %(first_value)s::double precision[], %(last_value)s::double precision[], %(flag_counts)s::text[],
                %(marks)s::text[], %(gap_from)s::timestamptz[], %(marked_minutes)s::smallint[], %(mark_ids)s::text[],
                %(deviation)s::double precision[], %(flat_head_s)s::int[], %(flat_tail_s)s::int[],
                %(flat_longest_s)s::int[], %(zero_minutes)s::smallint[], %(negative_minutes)s::smallint[],
                %(maximum_count)s::int[], %(late_count)s::int[], %(digest)s::bigint[])
         as h (point_id, hour_at, mean, increment, valid_minutes, reading_count, valid_count, minimum, maximum,
               first_value, last_value, flag_counts, marks, gap_from, marked_minutes, mark_ids, deviation, flat_head_s,
               flat_tail_s, flat_longest_s, zero_minutes, negative_minutes, maximum_count, late_count, digest)
), changed as (
    insert into hourly (point_id, hour_at, mean, increment, valid_minutes, reading_count, valid_count, minimum, maximum,
                        first_value, last_value, flag_counts, marks, gap_from, marked_minutes, mark_ids, deviation,
                        flat_head_s, flat_tail_s, flat_longest_s, zero_minutes, negative_minutes, maximum_count,
                        late_count, digest, computed_at)
    select point_id, hour_at, mean, increment, valid_minutes, reading_count, valid_count, minimum, maximum,
           first_value, last_value, flag_counts, marks, gap_from, marked_minutes, mark_ids, deviation, flat_head_s,
           flat_tail_s, flat_longest_s, zero_minutes, negative_minutes, maximum_count, late_count, digest,
           %(computed_at)s::timestamptz
    from computed
    on conflict (point_id, hour_at) do update
    set mean = excluded.mean, increment = excluded.increment, valid_minutes = excluded.valid_minutes,
        reading_count = excluded.reading_count, valid_count = excluded.valid_count, minimum = excluded.minimum,
        maximum = excluded.maximum, first_value = excluded.first_value, last_value = excluded.last_value,
        flag_counts = excluded.flag_counts, marks = excluded.marks, gap_from = excluded.gap_from,
        marked_minutes = excluded.marked_minutes, mark_ids = excluded.mark_ids, deviation = excluded.deviation,
        flat_head_s = excluded.flat_head_s, flat_tail_s = excluded.flat_tail_s,
        flat_longest_s = excluded.flat_longest_s, zero_minutes = excluded.zero_minutes,
        negative_minutes = excluded.negative_minutes, maximum_count = excluded.maximum_count,
        late_count = excluded.late_count, digest = excluded.digest, computed_at = excluded.computed_at
    where (hourly.mean, hourly.increment, hourly.valid_minutes, hourly.reading_count, hourly.valid_count,
           hourly.minimum, hourly.maximum, hourly.first_value, hourly.last_value, hourly.flag_counts, hourly.marks,
           hourly.gap_from, hourly.marked_minutes, hourly.mark_ids, hourly.deviation, hourly.flat_head_s,
           hourly.flat_tail_s, hourly.flat_longest_s, hourly.zero_minutes, hourly.negative_minutes,
           hourly.maximum_count, hourly.late_count, hourly.digest)
          is distinct from
          (excluded.mean, excluded.increment, excluded.valid_minutes, excluded.reading_count, excluded.valid_count,
           excluded.minimum, excluded.maximum, excluded.first_value, excluded.last_value, excluded.flag_counts,
           excluded.marks, excluded.gap_from, excluded.marked_minutes, excluded.mark_ids, excluded.deviation,
           excluded.flat_head_s, excluded.flat_tail_s, excluded.flat_longest_s, excluded.zero_minutes,
           excluded.negative_minutes, excluded.maximum_count, excluded.late_count, excluded.digest)
    returning point_id, hour_at
), told as (
    insert into rule_work (kind, key, at)
    select 'hour', point_id::bigint, hour_at from changed order by point_id, hour_at
    returning seq
)
select count(*) from told

-- hint_rules --
-- wake the rules early; they would look by themselves a little later
select pg_notify('plantwatch_rules', '')
