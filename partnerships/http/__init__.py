"""What every request passes through, before and after the views."""

from .kept_pages import public_page
from .language import in_language

__all__ = ["in_language", "public_page"]
