"""`waybill sdk LANGUAGE -o DIR`: generates client packages from the merged public contract.

`contract.py` describes the public API. Each subpackage is a language and writes its package with
`write(contract, out, options)`; its `NAMES` has the options that it takes. The command finds the
languages by their subpackages. `shared/` has the files that all packages have.
"""
