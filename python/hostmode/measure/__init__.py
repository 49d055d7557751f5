"""Measuring playback from outside: a virtual sound card, the sync meter, drop-outs, memory, the machine itself."""
