-- transmission --
-- the four counters of every outlet over some hours, by outlet
select t.outlet, t.outlet_name, t.enterprise, t.process, t.due_h, t.received_h, t.due_valid_h, t.valid_h,
       t.transmission_pct, t.validity_pct, t.rate_pct, t.target_pct
from dash.transmission_between(%(from_at)s::timestamptz, %(to_at)s::timestamptz) t
where %(enterprise)s::text is null or t.enterprise = %(enterprise)s::text
order by t.outlet

-- capture --
-- capture of every pollutant over some hours, by outlet and pollutant
select c.outlet, c.outlet_name, c.enterprise, c.process, c.pollutant, c.in_service_h, c.stopped_h, c.operating_h,
       c.valid_h, c.invalid_h, c.capture_pct, c.target_pct
from dash.capture_between(%(from_at)s::timestamptz, %(to_at)s::timestamptz) c
where %(enterprise)s::text is null or c.enterprise = %(enterprise)s::text
order by c.outlet, c.pollutant
