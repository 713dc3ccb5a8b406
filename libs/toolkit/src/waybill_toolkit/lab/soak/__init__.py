"""`waybill soak`: detects growth under a constant load over a long time.

samples     the measured values, every few seconds
growth      the growth of a series, without noise
verdicts    the limits of growth
planted     expired rows that retention must delete, and recent ones that it must keep
run         load, samples and verdicts
"""
