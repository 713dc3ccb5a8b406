"""What people do with a running platform: send orders through it, audit it, repair it."""
