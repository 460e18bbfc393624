"""./wenfa triage: a file of hotline records in, the same file with what they are about out."""
