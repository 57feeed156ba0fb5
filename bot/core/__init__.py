"""The thinking: pure functions of values and `now`.

Imports `model/` and `errors` only. No clock, no randomness, no logging, no `async`: what needs the time is handed it,
and jitter comes from a seed. To add a rule, write a function here and its properties in `tests/core/`.
"""
