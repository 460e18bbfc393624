"""rasa-sdk actions, one a file: they read a turn, ask `knowledge`, and say the words of words.yml."""
