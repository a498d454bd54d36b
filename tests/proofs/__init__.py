"""Long proofs of the promises: processes killed, lives simulated, updates made up."""
