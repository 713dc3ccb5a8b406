"""`waybill new service`: a whole service, small, that runs and passes its tests as it is.

names      what it and its parts are called
refusals   why it cannot be called that
templates  its files, from templates/
listings   the lines that name it in files of others
change     all of that into the tree, or nothing
"""
