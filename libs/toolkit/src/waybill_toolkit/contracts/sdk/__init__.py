"""`waybill sdk LANGUAGE -o DIR`: client packages made from the merged public contract.

`contract.py` says what the public API is; each subpackage is a language and writes its package with
`write(contract, out)`. A language is known to the command because its subpackage is there.
"""
