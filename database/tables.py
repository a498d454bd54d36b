"""Every table: import this where the whole schema is needed."""

from database import machinery, models, team
from database.base import Base

__all__ = ["METADATA", "machinery", "models", "team"]

METADATA = Base.metadata
