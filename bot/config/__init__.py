"""watchlists.yaml: from the text a person writes to a Config in which every name exists, or to every problem at once.

`load` is the door. `text` reads YAML and JSON with the line of each value, `secrets` resolves `${NAME}` and files,
`file` says what may stand in each piece, `problems` puts complaints into words, `schema` makes the JSON Schema. A key
is added in `file`; what a source or a chat may be told is in its own Settings.
"""
