"""The verbs of surveys. Nothing that web pages call touches the key store: that is the worker's alone."""
