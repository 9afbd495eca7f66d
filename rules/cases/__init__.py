"""Rule tests that are data: what a file may say, and the windows that its series make."""
