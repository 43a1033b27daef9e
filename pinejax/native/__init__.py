"""The engine's loop as native code of our own: the traced jaxpr, lowered to LLVM with explicit vectors of lanes."""
