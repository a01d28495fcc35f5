"""A text model as an agent: phrases for actions, prompts, and data to fine-tune it on."""
