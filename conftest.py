pytest_plugins = ["waybill_toolkit.testing.plugin"]
