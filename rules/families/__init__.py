"""Families: the shells around evaluators that share a window: subjects, periods, windows, watermarks."""
