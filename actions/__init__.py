"""rasa-sdk actions, one a file: read a turn, ask `knowledge`, say the words of words.yml."""
