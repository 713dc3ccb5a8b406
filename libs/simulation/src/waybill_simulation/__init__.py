"""The services in virtual time: their own code, on drivers that obey a seed."""
