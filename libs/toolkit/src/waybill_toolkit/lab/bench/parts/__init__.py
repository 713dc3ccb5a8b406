"""Parts of the runtime, each measured alone in this process."""
