"""How the schema came to be, one revision per change; a landed revision never changes."""
