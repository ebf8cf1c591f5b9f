"""The generated photographs of the demo: buildings, rooms, and the files the real data sets come in."""
