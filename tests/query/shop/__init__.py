"""An application of Django over joined tables."""
