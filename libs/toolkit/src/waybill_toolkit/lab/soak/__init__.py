"""`waybill soak`: under a steady load for a long time nothing grows that must not.

samples     what is looked at, every few seconds
growth      how much a series rises, whatever its noise
verdicts    what may rise and by how much
planted     old rows that retention has to drop, and young ones that it has to leave
run         load, samples and verdicts together
"""
