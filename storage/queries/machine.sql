-- clock --
-- the one place where the database's own clock is what is asked for
select statement_timestamp()

-- size --
-- the database with its indexes
select pg_database_size(current_database())
