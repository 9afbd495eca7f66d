"""One module per noun: its answers as models with an example each, and its endpoints."""
