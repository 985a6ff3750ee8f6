"""Count sheets: what stands on the shelves, measured against the ledger as of the moment of counting."""
