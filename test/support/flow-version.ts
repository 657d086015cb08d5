import type { FlowVersion } from '../../libs/plan/src/flow-version.js';

type BoundStage = FlowVersion['steps'][number];

interface Wanted {
  readonly id: string;
  readonly kind?: string;
  readonly config?: Readonly<Record<string, unknown>>;
  readonly onRefusal?: BoundStage['invalid_response_action'];
}

/** A published flow with the given steps and no policies. */
export const flowVersionOf = (steps: readonly Wanted[], attached: FlowVersion['attached'] = {}): FlowVersion => ({
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
  guard: { mode: 'any', bindings: [] },
  steps: steps.map(({ id, kind = 'dummy', config = {}, onRefusal = 'retry' }, order) => ({
    id,
    order,
    stage: { id: `stage-${id}`, name: `the ${id} stage`, kind, config },
    evaluate_on_plan: false,
    re_evaluate_policies: false,
    invalid_response_action: onRefusal,
    policies: { mode: 'any', bindings: [] },
  })),
  attached,
  descriptors: {},
});
