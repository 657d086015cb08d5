"""Keys of a plan's context that prompts write."""

PLAN_CONTEXT_PROMPT = "prompt_data"
