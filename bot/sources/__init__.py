"""One file for each order API: its settings, how it is asked, and how its answers are read.

To add one, write `<kind>.py` with `Settings` (a SourceSettings) and `build(name, settings, clock)` that returns a
`ports.Source`; its twin in `bot/sandbox/<kind>.py`; and pairs of payload and expected order in `tests/data/<kind>/`.
Nothing else names it: the registry and the contract suite find the file. Files that begin with an underscore are
shared: `_settings` (what every source can be told), `_payload` (reading JSON of uncertain shape), `_stages` (from
status words to stages), `_servicestack` (JSV and .NET dates), `_secrets` (keeping them out of
errors).
"""
