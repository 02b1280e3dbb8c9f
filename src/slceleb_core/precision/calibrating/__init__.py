"""From labels to limits: the point that keeps the most seconds of which a precision can be promised."""
