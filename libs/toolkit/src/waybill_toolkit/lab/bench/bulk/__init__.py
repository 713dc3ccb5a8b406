"""SQL that fills the services' databases with completed orders."""
