"""The domain: regions, places, services, referral rules. Imports nothing else of ours."""
