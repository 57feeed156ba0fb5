"""Orderwatch: watches supplier orders and tells the right people when something real changes.

Read `ports.py` for the promises, `core/` for the thinking, `loops/` for the life of the process. README.md has the
table of where to change what.
"""
