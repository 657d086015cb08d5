"""Keys of a plan's context that say how a user is written."""

PLAN_CONTEXT_GROUPS = "groups"
PLAN_CONTEXT_USER_PATH = "user_path"
PLAN_CONTEXT_USER_TYPE = "user_type"
