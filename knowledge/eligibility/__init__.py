"""Is legal aid likely? Facts, conditions, rule sets by province and city, outcome, interview.

Pure: no database, no clock. Rules, figures and words are data in data/eligibility/.
"""
