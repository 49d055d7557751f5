"""Motion through real-time communication: packets of 40 ms, whatever carries them."""
