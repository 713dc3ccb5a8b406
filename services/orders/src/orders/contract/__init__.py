"""What orders serves, sends and receives. Generated from contracts/orders; never edited."""
