"""HTTP over what the other rooms stored: reads storage, acts through the alerts' use-cases."""
