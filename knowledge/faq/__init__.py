"""Frequently asked questions: one short answer each, its steps and the article behind it."""
