-- begin --
-- bounds one request: read-only or not, time-out, and plans made for the filters that were really given
select set_config('transaction_read_only', %(read_only)s::text, true),
       set_config('statement_timeout', %(timeout_ms)s::text, true),
       set_config('plan_cache_mode', 'force_custom_plan', true)
