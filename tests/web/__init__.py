"""Agora over HTTP: what each address answers, and what that changes."""
