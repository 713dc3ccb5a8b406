"""Holds contracts to the house's rules, and their changes to what was promised before."""
