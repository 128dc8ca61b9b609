"""What templates print, decided beforehand: a template only lays out what a presenter says."""
