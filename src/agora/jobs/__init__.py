"""What happens later: letters, sent from rows that survive a restart."""
