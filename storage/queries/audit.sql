-- append --
-- somebody did something, or was refused
insert into audit (at, actor, role, action, object, detail, outcome, address)
values (%(at)s::timestamptz, %(actor)s::text, %(role)s::text, %(action)s::text, %(object)s::text, %(detail)s::jsonb,
        %(outcome)s::text, %(address)s::text)
