"""What people do: one function per use case; it changes rows, records an event, and never commits."""
