import { Problem, sentence } from '@gatehouse/contracts';
import type { FlowChangeData, ListedFlow } from '@gatehouse/web';
import { Inject, Injectable } from '@nestjs/common';
import { FlowListRepository } from './flow-list.repository.js';
import { isSlug } from './flow-page.context.js';
import { FlowVersionRepository } from './flow-version.repository.js';

export type FlowAction = FlowChangeData['action'];
type Confirmation = NonNullable<FlowChangeData['confirmation']>;

/** The effect of a form, or why the change is not possible. */
export interface LoadedChange {
  readonly flow: ListedFlow;
  readonly version: number | undefined;
  /** Undefined if the change cannot be made. */
  readonly confirmation: Confirmation | undefined;
  /** Why the change cannot be made. */
  readonly problem: Problem | undefined;
}

const CURRENT = sentence('It is current already.');
const OTHER_ROLLOUT = sentence('Another version is being rolled out. Publish it or end its rollout first.');

/** Loads the effect of a change on the current state of a flow. */
@Injectable()
export class FlowChangeLoader {
  constructor(
    @Inject(FlowListRepository) private readonly flows: FlowListRepository,
    @Inject(FlowVersionRepository) private readonly versions: FlowVersionRepository,
  ) {}

  /** Throws `not_found` for an unknown flow. `number` is the version that the address of the form names. */
  async load(slug: string, action: FlowAction, number: number | undefined): Promise<LoadedChange> {
    const flow = isSlug(slug) ? await this.flows.find(slug) : undefined;
    if (!flow) throw new Problem('not_found');
    try {
      return await this.loadChange(flow, action, number);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      return { flow, version: number, confirmation: undefined, problem: error };
    }
  }

  private async loadChange(flow: ListedFlow, action: FlowAction, number: number | undefined): Promise<LoadedChange> {
    const version = action === 'rollback' ? await this.versions.rollbackTarget(flow.slug) : number;
    if (version === undefined || !(await this.versions.findId(flow.slug, version)))
      throw new Problem('flow_version_unknown');
    rejectUseless(flow, action, version);
    const [from, to] = endsOf(flow, version);
    const changes = await this.versions.changes(flow.slug, from, to);
    if (!changes) throw new Problem('flow_version_unknown');
    const seen = { current: flow.version, candidate: flow.candidate?.version ?? null };
    const expected = action === 'rollout' ? seen : { ...seen, result: version };
    return { flow, version, confirmation: { expected, from, to, changes }, problem: undefined };
  }
}

/**
 * Returns the version that loses visitors by the change, and the version that gets these visitors. If `version` is
 * current already, the candidate loses its visitors.
 */
const endsOf = ({ version: current, candidate }: ListedFlow, version: number): [from: number, to: number] =>
  version === current ? [candidate?.version ?? current, version] : [current, version];

/** Throws `flow_version_unusable` for a change that the service would refuse, or that changes nothing. */
function rejectUseless({ version: current, candidate }: ListedFlow, action: FlowAction, version: number): void {
  const reject = (detail: ReturnType<typeof sentence>) => {
    throw new Problem('flow_version_unusable', { detail });
  };
  if (action === 'rollout' && version === current) reject(CURRENT);
  if (action === 'publish' && version === current && !candidate) reject(CURRENT);
  if (action === 'rollout' && candidate && candidate.version !== version) reject(OTHER_ROLLOUT);
}
