"""The same strategies without pinejax: numba loops, a C++ kernel with explicit vectors, vectorbt."""
