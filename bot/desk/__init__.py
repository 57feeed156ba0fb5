"""Where questions become answers, whichever door they come through.

`asking` is the road of every question: known already? too many? who asks, what, may they, answer, write down.
`orders`, `lists` and `following_orders` read what the answers in `bot.core` are made of and change what was asked to
be changed; `room` is what they share. To add a verb: a row in `bot.core.commands`, a method in one of these files named
in `asking`, and its words in `bot.core.answers_*`.
"""
