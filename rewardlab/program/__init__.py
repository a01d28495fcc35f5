"""A reward as text: the program, the scene it may read, the vocabulary, static reading."""
