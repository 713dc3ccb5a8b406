"""`waybill secrets`: the secrets of an installation, as files and as Secrets of Kubernetes."""
