"""The command line itself: the table of commands, help, completion, output."""
