"""One module a file format: what a column or an object of it means. Reads and writes, keeps
nothing.
"""
