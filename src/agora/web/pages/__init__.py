"""The handlers behind the addresses of web/routes.py."""
