"""Where everything is kept: one implementation of `ports.Storage` a file.

`sqlite` is the store of one machine, `postgres` that of many; `doors` opens the one that a config names. What both do
alike is written once. `_stored` and `_books` keep the promises and know no SQL. The rooms say it, as functions of a
connection as `_connection` promises one: `_writes`, `_views`, `_lists`, `_outbox`, `_talks`, `_exceptions`, `_alarms`,
`_digests`, `_readings`, `tables`, `past`, `redrive`, `purge`; files that end with `rows` turn columns into models and
back. What is each database's own: `_sqlite_words`, `_schema` (tables and migrations), `_lock` (one process at a time),
`_threads` (one writer with group commit, a few readers) and `_trouble` (what went wrong, for people), or the same with
`_pg_` in front. To add a query, write it into a room, and its call into `tests/storage/calls.py`; to add a column,
append a migration to both schemas; to add a store, write its words, and name it in
`tests/contracts/storage/conftest.py`.
"""
