"""Who writes reward programs: an OpenAI-compatible chat model, the offline composer, a replay."""
