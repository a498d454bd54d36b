"""Every table there is: whoever needs the whole schema imports it from here."""

from database import machinery, models, team
from database.base import Base

__all__ = ["METADATA", "machinery", "models", "team"]

METADATA = Base.metadata
