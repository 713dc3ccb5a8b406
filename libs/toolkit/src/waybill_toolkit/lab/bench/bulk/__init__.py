"""SQL that fills the services' databases with orders as they look when they are long done."""
