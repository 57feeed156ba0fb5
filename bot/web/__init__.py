"""What is served to programs over HTTP, read-only: each file is one such thing, and a loop that `bot/app.py` starts.

Nothing here decides what is shown: that is in `bot.core`, and read from `bot.storage`.
"""
