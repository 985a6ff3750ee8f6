"""Explain this number: from a row of a mart to what it is the sum of, the run, the model and the gates."""
