"""Keys of a plan's context that the user write stage reads."""

PLAN_CONTEXT_GROUPS = "groups"
PLAN_CONTEXT_USER_PATH = "user_path"
PLAN_CONTEXT_USER_TYPE = "user_type"
