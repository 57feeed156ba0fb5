"""The life of the process: each file is one loop.

`poller` looks at the orders of one source, `notifier` sends what the outbox owes, `janitor` keeps the store small,
`supervisor` starts them, restarts them, and ends them in time. A loop decides nothing: it asks `core/` what to do
and the ports to do it. To add one, write a class with `async def run(self, stop)` and name it in `bot/app.py`.
"""
