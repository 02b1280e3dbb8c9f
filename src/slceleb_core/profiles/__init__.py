"""The profiles that come with the core, a YAML file each."""

DEFAULT_PROFILE = "default"
"""The one that is taken where none is named."""
