import type { DataSource, EntityManager } from 'typeorm';
import { changeFlows, type FlowTransactionOptions } from '../typeorm-flow-transaction.js';
import type { Change } from './change.js';
import { FlowReleaseError } from './flow-release-error.js';
import { versionBefore } from './release.js';
import {
  type FlowChangeOptions,
  isHeld,
  type ReleaseRequest,
  type ReleaseResult,
  TypeormFlowChange,
} from './typeorm-flow-change.js';
import { type FlowRow, type ListedVersion, TypeormFlowVersions } from './typeorm-flow-versions.js';
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
  /** When the version last became current, if the log still says it. */
  readonly published: string | null;
  /** Whether the stored objects compile to this version. */
  readonly isCompiled: boolean;
}

/** The versions of a flow. */
export interface FlowVersions {
  readonly slug: string;
  /** Whether applying blueprints does not publish the flow, because its current version was chosen. */
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
   * `unusable_version` or `slug_taken`.
   */
  async publish(slug: string, number?: number, request: ReleaseRequest = {}): Promise<ReleaseResult> {
    return this.#change(slug, async (manager, flow) => {
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
   * Takes the last change back: stops a rollout, otherwise makes the version current that was current before. Another
   * rollback goes one version further back. Throws `unknown_flow`, `nothing_before`, `version_deleted`,
   * `unusable_version` or `slug_taken`.
   */
  async rollback(slug: string, request: ReleaseRequest = {}): Promise<ReleaseResult> {
    return this.#change(slug, async (manager, flow) => {
      const change = new TypeormFlowChange(manager, this.options);
      if (flow.candidateId !== null) return change.stopRollout(flow, request);
      const number = versionBefore(await new TypeormReleaseLog(manager, {}).find(flow.id), flow.number);
      if (number === undefined)
        throw new FlowReleaseError(
          'nothing_before',
          `No version of the flow ${slug} is known to have been published before version ${flow.number}.`,
        );
      const version = await new TypeormFlowVersions(manager).findStored(flow.id, number);
      if (!version)
        throw new FlowReleaseError(
          'version_deleted',
          `Version ${number} of the flow ${slug}, which was published before version ${flow.number}, was deleted (FLOW_VERSIONS_KEPT). Publish another version by its number.`,
        );
      return change.makeCurrent(flow, { ...request, version, action: 'rolled_back' });
    });
  }

  async #change(
    slug: string,
    change: (manager: EntityManager, flow: FlowRow) => Promise<ReleaseResult>,
  ): Promise<ReleaseResult> {
    return changeFlows(this.options.source, this.options, async (manager) => {
      return change(manager, await new TypeormFlowVersions(manager).findFlow(slug));
    });
  }
}

function stateOf(flow: FlowRow, { id, isDraft }: Pick<ListedVersion, 'id' | 'isDraft'>) {
  if (id === flow.versionId) return { state: 'current' } as const;
  if (id === flow.candidateId) return { state: 'candidate', percent: (flow.candidateShare ?? 0) / 100 } as const;
  return { state: isDraft ? 'draft' : 'earlier' } as const;
}
