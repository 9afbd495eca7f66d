-- Schema `dash` is what Grafana may see, through role dash_reader and nothing else.
create schema if not exists dash;

do $$
begin
    if not exists (select from pg_roles where rolname = 'dash_reader') then
        create role dash_reader nologin;
    end if;
exception when duplicate_object or unique_violation then
    null; -- another database of the same server is being migrated at this moment
end $$;
grant usage on schema dash to dash_reader;
