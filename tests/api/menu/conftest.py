"""The restaurant that these tests work in."""

from tests.api.rooms import restaurant, session

__all__ = ["restaurant", "session"]
