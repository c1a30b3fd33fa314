"""Every mail there is: a function each, named as its folder in `templates/mail/`.

All put the mail in the outbox (`outbox.write`). What they are given is stored as JSON until the
mail is sent, and afterwards: no secret among it.
"""
