"""The doors for people at a terminal: one file a command.

To add a command, write `<name>.py` with a click object called `command`, decorated with `common_options` from
`_invocation`; it returns its exit code (`_exit.Exit`), or nothing for done. `main` finds the file by its name, with `_`
for `-`. Data go to standard output through `_output`, logs and complaints to standard error.
"""
