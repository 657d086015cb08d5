import type { SavedUser } from '@gatehouse/contracts';
import type { FlowVersion, PolicySet } from '@gatehouse/plan';
import { flowVersionOf } from '@gatehouse/plan/testing';

export const FLOW_ID = '5f7a1c1e-58c8-4b6e-8a0e-5d2a4a3f0001';
export const ALICE: SavedUser = {
  kind: 'saved',
  uuid: '41c0a6de-1d6b-4a8e-9d0f-5d2a4a3f0002',
  pk: 7,
  username: 'alice',
  name: 'Alice',
  email: 'alice@example.org',
  is_active: true,
  epoch: 1,
  locale: '',
};

interface TestStep {
  readonly kind: string;
  readonly config?: Readonly<Record<string, unknown>>;
  readonly onRefusal?: 'retry' | 'restart' | 'restart_with_context';
  /** Policies that are evaluated when the step becomes current. */
  readonly policies?: PolicySet;
  /** Policies that are evaluated when the flow is planned. */
  readonly planned?: PolicySet;
}

/** Returns a flow version with these steps. */
export const flowOf = (
  steps: readonly TestStep[],
  attached: FlowVersion['attached'] = {},
  guard?: PolicySet,
): FlowVersion =>
  flowVersionOf(
    steps.map((step, i) => ({ id: `${step.kind}-${i}`, ...step })),
    attached,
    guard,
  );
