"""Reports that leave the platform as documents: built from what storage gives, without a figure of their own."""
