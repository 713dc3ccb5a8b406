"""What no type checker sees between contracts and code. Each gate tells what it finds, in words."""
