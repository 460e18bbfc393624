"""What an operator needs beside a call: desks, places, limits, answers, legal aid, what to say."""
