"""Claims by which a program that reads marts for a person shows the warehouse whose rows are theirs."""
