-- add_stray --
-- keep a message of nobody in the register
insert into stray_message (door, sender, topic, received_at, payload, payload_size, reason)
values (%(door)s::text, %(sender)s::text, %(topic)s::text, %(received_at)s::timestamptz, %(payload)s::bytea,
        %(payload_size)s::int, %(reason)s::text)
