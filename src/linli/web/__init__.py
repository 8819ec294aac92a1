"""HTTP that is not about one domain: shell, components, tables, maps, error pages, REST plumbing.

What others use from here:

========================  =====================================================================
``web.navigation``        ``register(face, Item(...))``: what stands in a face's navigation
``web.components``        the typed parts of a page (``Column``, ``Entry`` …) and the small marks as text
``{% load ui %}``         the components as template tags; the living page of all of them is ``/ui``
``web.problems``          how a ``Refusal`` is told: problem+json, page or inline message
``web.rest``              ``install(api)``, ``Bearer``, ``JsonParser``, ``ClientId``
``web.pages``             keyset pages for lists and for the API
========================  =====================================================================

This room is below the kernel: it knows an actor only by ``can(ability)``.
"""
