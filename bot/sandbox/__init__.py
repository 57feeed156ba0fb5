"""A small world of orders that live through time, spoken in every source's and chat's own protocol on loopback.

`world` is the truth: orders, their life, and every fact that happened. `schneider`, `stateset`, `twoservice` speak it
as the sources do; `slack` and `telegram` accept messages as the platforms do and remember them; `faults` lets any of
them misbehave; `server` starts them on free ports; `judge` holds what was told against what happened. The rest of the
house does not know the sandbox: it is a server like any other. To add a source or chat, add its twin here.
"""
