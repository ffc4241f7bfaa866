"""A firm to look around in: made up from beginning to end, the same names every time, its dates counted from now."""
