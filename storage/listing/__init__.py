"""What the API and the duty desk read: one module per noun, every list one bounded page in a stable order.

A list function takes the filters (None: not filtered), `after` (the key of the last row of the page before, None for
the first page) and `limit`; rows are dictionaries whose keys are the columns of the noun's SQL block.
"""
