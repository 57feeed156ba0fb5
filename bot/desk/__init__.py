"""Where questions become answers, whichever door they come through.

`asking` is the road of every question: too many? who asks? known already? what is meant? may they? answer, write down.
`orders` and `lists` read what the answers in `bot.core` are made of, `wishes` changes what people want to be told;
`room` is what they share, `seeking` which orders are meant, `routes` where their news goes, `limits` how much a person
may ask. To add a verb: a row in `bot.core.commands`, a function in one of these that `asking` names, and its words in
`bot.core.answers_*`.
"""
