"""`waybill new service`: writes a small complete service that runs and passes its tests.

names      the names of the service and its parts
refusals   reasons to refuse a name
templates  its files, from templates/
listings   its lines in shared files
change     writes all files, or none
"""
