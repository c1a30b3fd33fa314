"""The catalogue: its files, its versions, what is on the shelf."""
