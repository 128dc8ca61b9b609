"""What happens later: letters."""
