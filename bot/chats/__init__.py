"""One file for each way to tell people: its settings, its address, how it writes a message, and what its errors mean.

To add one, write `<kind>.py` with `Settings` (what stands under `chats:`), `Address` (what a destination holds beside
`chat` and `timezone`) and `build(settings, clock)` that returns a `ports.Chat`; its twin in `bot/sandbox/<kind>.py`,
unless it speaks to nobody outside; and what is special about it in `tests/chats/`. Nothing else names it: the registry
and the contract suite find the file. A kind that can be asked questions also has `ear(settings, clock, menus=...,
beside=...)`, which returns a `ports.Ear`, or None where its settings want none. One that can call people has
`read_person(written)`, which returns the id of somebody to call, or raises ValueError.

Files that begin with an underscore are shared: `_text` (cleaning what comes from outside, and moments in words),
`_pages` (splitting what is too long), `_answering` (what every ear does with a question) and `_http_server` (for
questions that are delivered to us).
"""
