"""WTForms: the shape and the wording of input."""
