"""The nouns of the product: frozen values with no behaviour beyond describing themselves.

One noun a file. Nothing here imports anything of the house but other nouns. To add one, write the file;
to add a word to a vocabulary (a kind of change, a stage), extend its enum and follow the type checker.
"""
