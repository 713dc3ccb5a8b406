"""Finds the settings class of a service, which its folder `src` must make importable."""

import importlib

from waybill.process.settings import ProcessSettings


def settings_class_of(service: str) -> type[ProcessSettings]:
    """Return the class in `service.settings`. Raises LookupError unless there is exactly one."""
    module = importlib.import_module(f"{service}.settings")
    found = [
        each
        for each in vars(module).values()
        if isinstance(each, type)
        and issubclass(each, ProcessSettings)
        and each.__module__ == module.__name__
    ]
    if len(found) != 1:
        raise LookupError(f"{module.__name__} must have one settings class; it has {len(found)}")
    return found[0]
