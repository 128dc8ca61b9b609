"""What an administrator sets outside the desk: a table of settings, read from a file and from the environment."""

from agora.settings.folder import LAST_BACKUP, SECRET_FILE, BadSetting, last_backup
from agora.settings.loading import Settings, keep_secret, load
from agora.settings.table import SETTINGS, Setting

__all__ = [
    "LAST_BACKUP",
    "SECRET_FILE",
    "SETTINGS",
    "BadSetting",
    "Setting",
    "Settings",
    "keep_secret",
    "last_backup",
    "load",
]
