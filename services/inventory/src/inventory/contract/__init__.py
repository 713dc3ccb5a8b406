"""What inventory serves, sends and receives. Generated from contracts/inventory; never edited."""
