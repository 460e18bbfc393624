"""Stock Rasa 3.6.21: the other side, with its own environment, configuration and stores.

The same domain, data, rules and actions as ours. Its tokenizer, classifier, policies, tracker store
and lock store are those that Rasa ships.
"""
