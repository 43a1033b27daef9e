"""What a run leaves behind and says: result files, tables, progress. It computes no metrics and asks no sampler."""
