"""Whether this machine can run the pipeline."""
