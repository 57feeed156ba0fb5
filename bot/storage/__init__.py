"""Where everything is kept: one implementation of `ports.Storage` a file.

`sqlite` is the store of one machine. Files that begin with an underscore are its rooms: `_schema` (tables and
migrations), `_lock` (one process at a time), `_threads` (one writer with group commit, a few readers), `_writes` and
`_views` (pure functions of a connection), `_rows` (columns to models and back), `_trouble` (what went wrong, for
people). To add a store, write a class that keeps the promises of `ports.Storage` and name it in
`tests/contracts/storage/conftest.py`; to add a column, append a migration to `_schema`.
"""
