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
    'data = context["prompt_data"]\ndata |= {"email": "x"}',
    'groups = context["prompt_data"]["groups"]\ngroups += ["staff"]',
    'context["prompt_data"]["email"], rest = "x", None',
    'for context["prompt_data"]["n"] in [1]: pass',
    'context["prompt_data"]["n"]: int = 1',
    'change = context["prompt_data"].update\nchange(a=1)',
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
    'return ak_is_group_member(context["pending_user"], name="staff")',
    'if context["prompt_data"]["email"] != "x":\n  return False',
    'return [n for n in context["prompt_data"] if n != "x"] == []',
    'name, x = context["x"], [1]\nreturn name == x[0]',
    'return {k: v for k, v in context["prompt_data"].items() if v >= 1} == {}',
  ])('if it is %j', (source) => expect(mayChangePlan(source)).toBe(false));
});

it.each(['],', 'for ].', 'for a[', 'a.b ', '(((', ' =', ']  ', ']\n', 'context[1],\n'])(
  'mayChangePlan takes linear time, also for 1 MB of %j',
  (part) => {
    const begun = performance.now();
    mayChangePlan(`context ${part.repeat(1e6 / part.length)}`);
    expect(performance.now() - begun).toBeLessThan(5000);
  },
);
