import type { DataSource, EntityManager } from 'typeorm';
import { changeFlows, type FlowTransactionOptions } from '../typeorm-flow-transaction.js';
import type { Change } from './change.js';
import { type ExpectedFlow, rejectChangedFlow, rejectOtherResult } from './expected-flow.js';
import { FlowReleaseError } from './flow-release-error.js';
import { versionBefore } from './release.js';
import {
  type FlowChangeOptions,
  isHeld,
  type ReleaseRequest,
  type ReleaseResult,
  TypeormFlowChange,
} from './typeorm-flow-change.js';
import { type FlowRow, type ListedVersion, TypeormFlowVersions, type VersionRow } from './typeorm-flow-versions.js';
import { TypeormReleaseLog } from './typeorm-release-log.js';
import { TypeormVersionDifferences } from './typeorm-version-differences.js';

interface FlowReleasesOptions extends FlowChangeOptions, FlowTransactionOptions {
  readonly source: DataSource;
}

/** A version of a flow, as an operator sees it. */
export interface VersionSummary {
  readonly number: number;
  readonly state: 'current' | 'candidate' | 'draft' | 'earlier';
  /** Percent of new plans that start on a candidate. */
  readonly percent?: number;
  /** Null for a version that an earlier version of Gatehouse has added. */
  readonly created: string | null;
  /** Names of the files that the version was compiled from, if known. */
  readonly origin: string | null;
  /** When the version last became current, if the log still has that row. */
  readonly published: string | null;
  /** Whether the stored objects compile to this version. */
  readonly isCompiled: boolean;
}

/** The versions of a flow. */
export interface FlowVersions {
  readonly slug: string;
  /**
   * Whether the flow is held: applying blueprints does not publish it, because an operator has chosen its current
   * version.
   */
  readonly isHeld: boolean;
  /** The newest first. */
  readonly versions: readonly VersionSummary[];
}

/** Lists, compares, publishes and rolls back the versions of flows. Each change is one transaction. */
export class FlowReleases {
  constructor(private readonly options: FlowReleasesOptions) {}

  /** Throws `unknown_flow`. */
  async versions(slug: string): Promise<FlowVersions> {
    return this.options.source.transaction('REPEATABLE READ', async (manager) => {
      const stored = new TypeormFlowVersions(manager);
      const flow = await stored.findFlow(slug);
      const compiledId = flow.compiledId ?? flow.versionId;
      const versions = (await stored.list(flow.id)).map(({ id, number, createdAt, publishedAt, origin, isDraft }) => ({
        number,
        ...stateOf(flow, { id, isDraft }),
        created: createdAt?.toISOString() ?? null,
        origin,
        published: publishedAt?.toISOString() ?? null,
        isCompiled: id === compiledId,
      }));
      return { slug, isHeld: isHeld(flow), versions };
    });
  }

  /** Returns what differs between two versions of a flow. Throws `unknown_flow` or `unknown_version`. */
  async diff(slug: string, from: number, to: number): Promise<Change[]> {
    return this.options.source.transaction('REPEATABLE READ', async (manager) => {
      return new TypeormVersionDifferences(manager, this.options.sealer).find(slug, from, to);
    });
  }

  /**
   * Makes a version current: the one with this number, otherwise the newest draft. Publishing the current version
   * changes nothing, except that it ends a rollout. Throws `unknown_flow`, `unknown_version`, `nothing_newer`,
   * `unusable_version`, `slug_taken` or `changed_meanwhile`.
   */
  async publish(slug: string, number?: number, request: ReleaseRequest = {}): Promise<ReleaseResult> {
    return this.#change(slug, request.expected, async (manager, flow) => {
      const stored = new TypeormFlowVersions(manager);
      const version =
        number === undefined ? await stored.findNewestDraft(flow) : await stored.findVersion(flow, number);
      const change = new TypeormFlowChange(manager, this.options);
      if (version.id !== flow.versionId) return change.makeCurrent(flow, { ...request, version, action: 'published' });
      if (flow.candidateId !== null) return change.stopRollout(flow, request);
      return { slug, number: version.number, before: version.number, isHeld: isHeld(flow) };
    });
  }

  /**
   * Undoes the last change: stops a running rollout, or else makes the previous version current. Another rollback goes
   * one version further back. Throws `unknown_flow`, `nothing_before`, `version_deleted`, `unusable_version`,
   * `slug_taken` or `changed_meanwhile`.
   */
  async rollback(slug: string, request: ReleaseRequest = {}): Promise<ReleaseResult> {
    return this.#change(slug, request.expected, async (manager, flow) => {
      const change = new TypeormFlowChange(manager, this.options);
      if (flow.candidateId !== null) return change.stopRollout(flow, request);
      const version = await findVersionBefore(manager, flow);
      return change.makeCurrent(flow, { ...request, version, action: 'rolled_back' });
    });
  }

  /**
   * Returns the number of the version that `rollback` would make current. Throws `unknown_flow`, `nothing_before` or
   * `version_deleted`.
   */
  async rollbackTarget(slug: string): Promise<number> {
    return this.options.source.transaction('REPEATABLE READ', async (manager) => {
      const flow = await new TypeormFlowVersions(manager).findFlow(slug);
      return flow.candidateId === null ? (await findVersionBefore(manager, flow)).number : flow.number;
    });
  }

  async #change(
    slug: string,
    expected: ExpectedFlow | undefined,
    change: (manager: EntityManager, flow: FlowRow) => Promise<ReleaseResult>,
  ): Promise<ReleaseResult> {
    return changeFlows(this.options.source, this.options, async (manager) => {
      const flow = await new TypeormFlowVersions(manager).findFlow(slug);
      rejectChangedFlow(flow, expected);
      const result = await change(manager, flow);
      rejectOtherResult(result, expected);
      return result;
    });
  }
}

/** Returns the version that was current before the current one. Throws `nothing_before` or `version_deleted`. */
async function findVersionBefore(manager: EntityManager, { id, slug, number }: FlowRow): Promise<VersionRow> {
  const before = versionBefore(await new TypeormReleaseLog(manager, {}).find(id), number);
  if (before === undefined)
    throw new FlowReleaseError(
      'nothing_before',
      `No version of the flow ${slug} is known to have been published before version ${number}.`,
    );
  const version = await new TypeormFlowVersions(manager).findStored(id, before);
  if (version) return version;
  throw new FlowReleaseError(
    'version_deleted',
    `Version ${before} of the flow ${slug}, which was published before version ${number}, was deleted (FLOW_VERSIONS_KEPT). Publish another version by its number.`,
  );
}

function stateOf(flow: FlowRow, { id, isDraft }: Pick<ListedVersion, 'id' | 'isDraft'>) {
  if (id === flow.versionId) return { state: 'current' } as const;
  if (id === flow.candidateId) return { state: 'candidate', percent: (flow.candidateShare ?? 0) / 100 } as const;
  return { state: isDraft ? 'draft' : 'earlier' } as const;
}
