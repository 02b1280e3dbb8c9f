"""An audit: stretches drawn at random, judged blind, and what that says of the whole corpus."""
