"""What a corpus may promise: how often its labels are right, with how much confidence, and what makes it so."""
