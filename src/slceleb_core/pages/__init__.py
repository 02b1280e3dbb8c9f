"""What HTML pages are made of: tables, drawings, one style sheet. They need nothing beside themselves."""
