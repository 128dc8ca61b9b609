"""What people see: addresses, forms and pages."""
