"""`waybill sdk LANGUAGE -o DIR`: generates client packages from the merged public contract.

`contract.py` describes the public API. Each subpackage is a language and writes its package with
`write(contract, out)`. The command finds the languages by their subpackages.
"""
