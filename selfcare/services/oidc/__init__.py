"""The portal as OpenID provider of the technical console (CONSOLE-1, CONSOLE-5 to 9)."""
