"""What coders got wrong and what put it right: kept, looked up, turned into rules, exported."""
