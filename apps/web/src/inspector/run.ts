import { callApi } from '../flow/api.js';

/** A run of a flow, as the inspector API returns it. */
export interface Run {
  readonly is_completed: boolean;
  readonly steps: readonly RunStep[];
  readonly trail: readonly TrailEntry[];
  readonly shadow_verdicts: readonly ShadowVerdict[];
  readonly current_plan: { readonly plan_context: Readonly<Record<string, unknown>> };
}

/** A step of the flow with its state in this run. */
export interface RunStep {
  readonly step: string;
  readonly name: string;
  readonly kind: string;
  readonly state: 'passed' | 'skipped' | 'current' | 'planned' | 'left_out' | 'refused';
  readonly policies: number;
  readonly verdict: { readonly pass: boolean; readonly messages: readonly string[] } | null;
  readonly answers: number;
  readonly ms: number;
}

/** An outcome of a step: the verdict of its stage, or `skipped` or `deferred` by the executor. */
export interface TrailEntry {
  readonly name: string;
  readonly outcome: string;
  readonly at: string;
  readonly ms: number;
}

/** The verdict of a condition that is evaluated but not enforced. */
export interface ShadowVerdict {
  readonly binding: string;
  /** Name of the policy; null for a group or a user. */
  readonly policy: string | null;
  readonly condition: string;
  readonly outcome: string;
  /** The messages of the policy; absent if there are none. */
  readonly messages?: readonly string[];
  readonly met: boolean;
  readonly would_be_met: boolean;
}

/** Fetches the run. Resolves to null when there is no run, and to undefined when the visitor may not inspect it. */
export async function findRun(slug: string): Promise<Run | null | undefined> {
  const response = await callApi(`/api/v3/flows/inspector/${encodeURIComponent(slug)}/`);
  if (response.status === 400) return null;
  return response.ok ? ((await response.json()) as Run) : undefined;
}
