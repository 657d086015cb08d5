"""Keys of a plan's context that prompt stages write."""

PLAN_CONTEXT_PROMPT = "prompt_data"
