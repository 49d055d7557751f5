"""Measuring playback from outside: a virtual sound card, a monitor of the machine itself, the sync meter."""
