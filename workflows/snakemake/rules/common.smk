from pathlib import Path
from shlex import quote


def table(key):
    """The path of an optional table, as a list: what is not named is no input."""
    return [config[key]] if config.get(key) else []


def sums(key):
    """The hashes of a pack or reference of one's own: where they change, all is scored again."""
    return [f"{config[key]}/SHA256SUMS"] if Path(config.get(key) or "").joinpath("SHA256SUMS").is_file() else []


def option(key):
    """An option with the value that the configuration gives it, or nothing."""
    return f"--{key} {quote(config[key])}" if config.get(key) else ""
