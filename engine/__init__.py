"""The Rasa runtime: NLU components, tracker store, start-up. Imports nothing else of ours."""
