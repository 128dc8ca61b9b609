"""The commands of `agora`, a module for each: `add` gives its arguments to a parser. `cli.py` has their list."""
