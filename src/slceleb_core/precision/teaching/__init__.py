"""What decisions on segments teach: the weights of stages, which faces a gallery may grow by, what to look at next."""
