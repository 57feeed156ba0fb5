"""Where everything is kept: one implementation of `ports.Storage` a file.

`sqlite` is the store of one machine, `postgres` that of many. Files that begin with an underscore are rooms of the
first, those with `_pg_` the same rooms of the second: `_schema` (tables and migrations), `_lock` (one process at a
time), `_threads` and `_pg_connections` (one writer with group commit, a few readers), `_writes`, `_views` and others
(functions of a connection), `_trouble` (what went wrong, for people). Files that end with `rows` (columns to models and
back) serve both. To add a store, write a class that keeps the promises of `ports.Storage` and name it in
`tests/contracts/storage/conftest.py`; to add a column, append a migration to `_schema`.
"""
