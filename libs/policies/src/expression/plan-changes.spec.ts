import { describe, expect, it } from 'vitest';
import { mayChangePlan } from './plan-changes.js';

describe('an expression may change the plan', () => {
  it.each([
    'context["flow_plan"].context["x"] = 1',
    'request.context["flow_plan"].redirect("/x")',
    'context["prompt_data"]["email"] = context["prompt_data"]["email"].lower()',
    'data = context["prompt_data"]\ndata["n"] += 1',
    'user = context.get("pending_user")\nuser.attributes["a"] = 1',
    'user = context["pending_user"]\nuser.name = "x"',
    'context["prompt_data"].update(a=1)',
    'del context["prompt_data"]["email"]',
    'next(iter(globals()["con" + "text"].values()))',
  ])('if it is %j', (source) => expect(mayChangePlan(source)).toBe(true));
});

describe('an expression does not change the plan', () => {
  it.each([
    'return True',
    'return context["prompt_data"]["email"].endswith("@example.org")',
    'return context.get("is_sso") == True',
    'x = {}\nx["a"] = 1\nreturn x == {}',
    '# flow_plan is left alone\nreturn ak_is_group_member(request.user, name="staff")',
    'return request.user.name <= context["x"]',
  ])('if it is %j', (source) => expect(mayChangePlan(source)).toBe(false));
});
