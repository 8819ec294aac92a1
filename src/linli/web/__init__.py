"""HTTP that is not about one domain: shell, components, tables, maps, error pages, REST plumbing."""
