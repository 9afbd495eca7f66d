"""What a plant is: points, readings, periods, findings, alerts. Pure, synchronous; numpy and standard library only."""
