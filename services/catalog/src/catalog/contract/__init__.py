"""What catalog serves, sends and receives. Generated from contracts/catalog; never edited."""
