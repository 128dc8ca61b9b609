"""What people do, where HTTP does not easily reach."""
