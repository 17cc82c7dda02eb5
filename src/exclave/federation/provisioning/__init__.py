"""Making a federation's objects on the hub: each member's own, then the joined tables once."""
