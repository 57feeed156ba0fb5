"""A kind whose author forgot to write `build`."""

Settings = object
