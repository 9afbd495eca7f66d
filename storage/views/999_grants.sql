-- Last, so that it covers every view that the files before it made.
grant select on all tables in schema dash to dash_reader;
grant execute on all functions in schema dash to dash_reader;
