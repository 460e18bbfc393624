"""The residents' pages: server-rendered, one small script, a strict content security policy."""
