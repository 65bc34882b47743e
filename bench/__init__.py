"""The dashboard: how fast the port is, and how fast it is made. `python -m bench`."""
