"""How many orders a second a layout of the platform handles: a model, and its layouts.

model     predicts orders a second from processor time and cores
layouts   what is measured, and held against the prediction
replicas  further processes of a service
"""
