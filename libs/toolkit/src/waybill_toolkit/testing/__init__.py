"""What tests of services and of the platform are written with."""
