"""The portal's side of single sign-on: OpenID Connect endpoints and the pages on the way."""
