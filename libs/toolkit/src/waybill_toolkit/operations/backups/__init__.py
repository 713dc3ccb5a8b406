"""`waybill backup` and `restore`: the databases of all services at one moment."""
