"""What is remembered: the tables, and every query asked of them."""
