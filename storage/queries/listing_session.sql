-- begin --
-- bounds one request: read-only or not, time-out
select set_config('transaction_read_only', %(read_only)s::text, true),
       set_config('statement_timeout', %(timeout_ms)s::text, true)
