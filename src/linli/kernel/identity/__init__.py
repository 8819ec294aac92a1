"""Identity: how people prove who they are besides their password.

A second factor (an authenticator app, RFC 6238, or a passkey, WebAuthn) and, where the city has one, its
single sign-on (OpenID Connect). The protocols are the work of ``fido2`` and ``pyjwt``; both are loaded when
first used. ``docs/decisions/0010`` says why no bigger package does all of it.

What is kept: factors, unused recovery codes, and who changed or reset them (the record of changes of
``kernel.units``). What is not: when anybody signed in or used a factor. That would be a clock-in. Failures
go to the log, where those who guard the system look.
"""
