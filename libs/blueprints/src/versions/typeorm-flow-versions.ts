import type { FlowVersion } from '@gatehouse/plan';
import type { EntityManager } from 'typeorm';
import { FlowReleaseError } from './flow-release-error.js';

/** The largest number of a version, which is an integer in Postgres. */
const MAX_NUMBER = 2 ** 31 - 1;

const FIND_FLOW = `
  SELECT f.id, f.slug, f.designation, f.version_id AS "versionId", c.number, f.compiled_id AS "compiledId",
    f.candidate_id AS "candidateId", f.candidate_share AS "candidateShare", f.candidate_until AS "candidateUntil",
    d.number AS "candidateNumber"
  FROM flow.flows f JOIN flow.flow_versions c ON c.id = f.version_id
  LEFT JOIN flow.flow_versions d ON d.id = f.candidate_id
  WHERE f.slug = $1`;

const FIND_VERSION = `
  SELECT id, number, document, is_draft AS "isDraft" FROM flow.flow_versions WHERE flow_id = $1 AND number = $2`;

const FIND_NEWEST_DRAFT = `
  SELECT id, number, document, is_draft AS "isDraft" FROM flow.flow_versions
  WHERE flow_id = $1 AND is_draft AND number > $2 ORDER BY number DESC LIMIT 1`;

const LIST = `
  SELECT v.id, v.number, v.created_at AS "createdAt", v.origin, v.is_draft AS "isDraft",
    (SELECT max(r.at) FROM flow.releases r
     WHERE r.flow_id = v.flow_id AND r.version_id = v.id AND r.action IN ('published', 'rolled_back', 'rollout_completed',
       'rollout_reverted')) AS "publishedAt"
  FROM flow.flow_versions v WHERE v.flow_id = $1 ORDER BY v.number DESC`;

/** A published flow with its current version. */
export interface FlowRow {
  readonly id: string;
  readonly slug: string;
  readonly designation: string;
  readonly versionId: string;
  /** Number of the current version. */
  readonly number: number;
  /** The version that the stored objects compile to, if that is not the current one. */
  readonly compiledId: string | null;
  readonly candidateId: string | null;
  readonly candidateShare: number | null;
  readonly candidateUntil: Date | null;
  readonly candidateNumber: number | null;
}

/** A version with its document. */
export interface VersionRow {
  readonly id: string;
  readonly number: number;
  readonly document: FlowVersion;
  readonly isDraft: boolean;
}

/** A version in the list of a flow's versions. */
export interface ListedVersion {
  readonly id: string;
  readonly number: number;
  /** Null for a version that an earlier version of Gatehouse has added. */
  readonly createdAt: Date | null;
  readonly origin: string | null;
  readonly isDraft: boolean;
  readonly publishedAt: Date | null;
}

/** Reads flows and their versions. */
export class TypeormFlowVersions {
  constructor(private readonly manager: EntityManager) {}

  /** Throws `unknown_flow`. */
  async findFlow(slug: string): Promise<FlowRow> {
    const [flow]: FlowRow[] = await this.manager.query(FIND_FLOW, [slug]);
    if (!flow) throw new FlowReleaseError('unknown_flow', `There is no published flow with the slug ${slug}.`);
    return flow;
  }

  /** Throws `unknown_version`. */
  async findVersion(flow: FlowRow, number: number): Promise<VersionRow> {
    const version = await this.findStored(flow.id, number);
    if (version) return version;
    throw new FlowReleaseError('unknown_version', `The flow ${flow.slug} has no version ${number}.`);
  }

  async findStored(flowId: string, number: number): Promise<VersionRow | undefined> {
    if (!Number.isInteger(number) || number < 1 || number > MAX_NUMBER) return undefined;
    const [version]: VersionRow[] = await this.manager.query(FIND_VERSION, [flowId, number]);
    return version;
  }

  /** Returns the newest draft that is newer than the current version. Throws `nothing_newer`. */
  async findNewestDraft({ id, slug, number }: FlowRow): Promise<VersionRow> {
    const [version]: VersionRow[] = await this.manager.query(FIND_NEWEST_DRAFT, [id, number]);
    if (version) return version;
    throw new FlowReleaseError('nothing_newer', `The flow ${slug} has no draft after its current version ${number}.`);
  }

  /** Returns the versions of a flow, the newest first. */
  async list(flowId: string): Promise<ListedVersion[]> {
    return this.manager.query(LIST, [flowId]);
  }
}
