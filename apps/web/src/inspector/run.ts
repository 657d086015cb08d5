import { callApi } from '../flow/api.js';

/** How a run of a flow goes, as far as it is shown. */
export interface Run {
  readonly is_completed: boolean;
  readonly steps: readonly RunStep[];
  readonly trail: readonly TrailEntry[];
  readonly current_plan: { readonly plan_context: Readonly<Record<string, unknown>> };
}

/** A step of the flow, and how it went. */
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

/** Something that was judged. */
export interface TrailEntry {
  readonly name: string;
  readonly outcome: string;
  readonly at: string;
  readonly ms: number;
}

/** What an inspector may see: a run, none (`null`), or nothing at all (`undefined`). */
export async function findRun(slug: string): Promise<Run | null | undefined> {
  const response = await callApi(`/api/v3/flows/inspector/${encodeURIComponent(slug)}/`);
  if (response.status === 400) return null;
  return response.ok ? ((await response.json()) as Run) : undefined;
}
