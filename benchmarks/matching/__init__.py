"""How often the right record is found for an error, and none where there is none: failures provoked on this machine, and ordinary output."""
