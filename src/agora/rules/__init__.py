"""What is true here: pure functions and tables, without database, web or clock."""
