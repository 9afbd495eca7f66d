"""From a gateway's message to stored readings and hourly rows.

Doors (`listener`, `subscriber`, `hj212_server`) hand a `delivery` to the one writer and answer only after its commit;
one pure module per wire format in `decode` takes messages apart. Doors know no format, formats know no door.
"""
