"""The city's targets against the city's figures. Pure but for `step`, which fetches and writes."""
