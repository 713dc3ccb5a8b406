"""What identity serves, sends and receives. Generated from contracts/identity; never edited."""
