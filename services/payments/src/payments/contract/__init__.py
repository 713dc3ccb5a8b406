"""What payments serves, sends and receives. Generated from contracts/payments; never edited."""
