# Makes hostmode a package for Cython: ``from hostmode.capi cimport import_hostmode``.
