import type { FlowVersion, PolicySet } from '../src/flow-version.js';

type BoundStage = FlowVersion['steps'][number];

interface TestBinding {
  readonly id: string;
  readonly kind?: string;
  readonly config?: Readonly<Record<string, unknown>>;
  readonly onRefusal?: BoundStage['invalid_response_action'];
  /** Policies that are evaluated when the step becomes current. */
  readonly policies?: PolicySet;
  /** Policies that are evaluated when the flow is planned. */
  readonly planned?: PolicySet;
}

/** Returns a test policy for each policy id in the sets. */
const policiesIn = (sets: readonly PolicySet[]) =>
  Object.fromEntries(
    sets.flatMap(({ bindings, shadow = [] }) =>
      [...bindings, ...shadow].flatMap(({ policy }) =>
        policy ? [[policy, { kind: 'test', name: policy, config: {} }]] : [],
      ),
    ),
  );

const NO_CONDITIONS: PolicySet = { mode: 'any', bindings: [] };

const boundStage = (
  { id, kind = 'dummy', config = {}, onRefusal = 'retry', policies, planned }: TestBinding,
  order: number,
): BoundStage => ({
  id,
  order,
  stage: { id: `stage-${id}`, name: `the ${id} stage`, kind, config },
  evaluate_on_plan: planned !== undefined,
  re_evaluate_policies: policies !== undefined,
  invalid_response_action: onRefusal,
  policies: policies ?? planned ?? NO_CONDITIONS,
});

/** Returns a flow version with these steps and their policies. */
export const flowVersionOf = (
  steps: readonly TestBinding[],
  attached: FlowVersion['attached'] = {},
  guard = NO_CONDITIONS,
): FlowVersion => ({
  v: 1,
  flow: {
    id: '7f3c1f0e-3a55-4b0e-8d5a-0f5f0b7f1c11',
    slug: 'login',
    name: 'Login',
    title: 'Welcome',
    designation: 'authentication',
    background: '',
    layout: 'stacked',
    denied_action: 'message_continue',
    authentication: 'none',
  },
  guard,
  steps: steps.map(boundStage),
  attached,
  companions: {},
  descriptors: {},
  policies: policiesIn([
    guard,
    ...steps.flatMap(({ policies, planned }) => [policies, planned].flatMap((set) => set ?? [])),
  ]),
});
