"""One occasion, seen by several cameras: whose tracks are one person's, who speaks, and which camera shows it best.

Tracks of different cameras are linked by their faces, and named together. What is then said of a person at a moment is
made of what each camera says.
"""
