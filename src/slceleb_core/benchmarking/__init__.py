"""What a profile costs on this machine: whole runs of the public command, watched from outside, side by side.

Nothing here looks into the program that is measured, so another version of it can be measured by the same means.
"""
