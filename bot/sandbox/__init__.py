"""A small world of orders that live through time, spoken in every source's and chat's own protocol on loopback.

`world` is the truth: orders (`orders`, made of `goods`), what can happen to them, and every fact that happened; `life`
lets things happen by themselves. `schneider`, `stateset`, `twoservice` speak it as the sources do; `slack` and
`telegram` accept messages as the platforms do and remember them (`accepted`); `faults` lets any of them misbehave;
`server` starts them on free ports; `judge` holds what was told against what happened. The rest of the house does not
know the sandbox: it is a server like any other. To add a source, add its twin here under the name of its account, the
account to `world.ACCOUNTS` and its status words to `orders.WORDS`; to add a chat, add its twin here and in `server`.
"""
