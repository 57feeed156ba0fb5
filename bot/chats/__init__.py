"""One file for each way to tell people: its settings, its address, how it writes a message, and what its errors mean.

To add one, write `<kind>.py` with `Settings` (what stands under `chats:`), `Address` (what a destination holds beside
`chat` and `timezone`) and `build(settings, clock)` that returns a `ports.Chat`; its twin in `bot/sandbox/<kind>.py`,
unless it speaks to nobody outside; and what is special about it in `tests/chats/`. Nothing else names it: the registry
and the contract suite find the file. Files that begin with an underscore are shared: `_text` (cleaning what comes from
outside, and moments in words) and `_pages` (splitting what is too long).
"""
