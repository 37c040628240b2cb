from shlex import quote


def table(key):
    """The path of an optional table, as a list: what is not named is no input."""
    return [config[key]] if config.get(key) else []


def option(key):
    """An option with the value that the configuration gives it, or nothing."""
    return f"--{key} {quote(config[key])}" if config.get(key) else ""
