"""The schema and the engines: everything below the services that knows SQL dialects."""
