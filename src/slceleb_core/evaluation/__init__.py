"""Measuring what was found against what is true: references, figures, reports.

The figures and their definitions are in ``docs/evaluation.md``; :func:`slceleb_core.evaluation.report.evaluate` makes
them all. DER and the curves of the frame scores need the extra ``evaluation``.
"""
