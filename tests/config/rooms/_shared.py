"""No kind: its name begins with an underscore."""
