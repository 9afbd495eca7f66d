"""Shapes of bodies and answers that are too many to stand beside their endpoints."""
