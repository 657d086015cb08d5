import type { FlowVersion } from '@gatehouse/plan';
import type { Sealer } from '@gatehouse/platform';
import type { EntityManager } from 'typeorm';
import { BlueprintError } from '../blueprint-error.js';
import type { DraftedFlow, HeldFlow, PublishedFlow } from '../report.js';
import { type NewRelease, type ReleaseLogOptions, TypeormReleaseLog } from './typeorm-release-log.js';
import { hasSecrets, VersionContents } from './version-content.js';

/**
 * Adds each document with a new digest as the next version of its flow. The versions of held flows are drafts. $1 flow
 * ids, $2 documents, $3 digests, $4 origin, $5 whether all are drafts.
 */
const ADD_NEW_VERSIONS = `
  INSERT INTO flow.flow_versions (id, flow_id, number, document, digest, origin, is_draft)
  SELECT gen_random_uuid(), e.flow_id,
    1 + coalesce((SELECT max(v.number) FROM flow.flow_versions v WHERE v.flow_id = e.flow_id), 0), e.document, e.digest, $4,
    $5 OR EXISTS (SELECT FROM flow.flows f WHERE f.id = e.flow_id AND f.compiled_id <> f.version_id)
  FROM unnest($1::uuid[], $2::jsonb[], $3::bytea[]) e (flow_id, document, digest)
  ON CONFLICT (flow_id, digest) DO NOTHING
  RETURNING id`;

/** Returns the versions with these digests, with the state of their flows. $1 flow ids, $2 digests. */
const FIND_VERSIONS = `
  SELECT v.flow_id, v.id AS version_id, v.number, v.is_draft, v.document->'flow'->>'slug' AS slug,
    v.document->'flow'->>'designation' AS designation, f.version_id AS current_id, f.slug AS current_slug,
    c.number AS current_number, f.candidate_id, d.number AS candidate_number, coalesce(f.compiled_id <> f.version_id, false) AS is_held
  FROM unnest($1::uuid[], $2::bytea[]) e (flow_id, digest)
  JOIN flow.flow_versions v USING (flow_id, digest)
  LEFT JOIN flow.flows f ON f.id = v.flow_id
  LEFT JOIN flow.flow_versions c ON c.id = f.version_id
  LEFT JOIN flow.flow_versions d ON d.id = f.candidate_id
  ORDER BY slug`;

/**
 * Returns the stored documents of flows. Sealing the same secrets again gives other bytes, so these documents must be
 * compared with decrypted secrets. $1 flow ids.
 */
const FIND_DOCUMENTS = `
  SELECT flow_id, document, digest FROM flow.flow_versions WHERE flow_id = ANY ($1::uuid[]) ORDER BY number DESC`;

const WITHDRAW = `
  WITH gone AS (DELETE FROM flow.flows WHERE id = ANY ($1::uuid[]) RETURNING id, slug, version_id)
  SELECT g.id AS flow_id, g.slug, g.version_id, v.number
  FROM gone g JOIN flow.flow_versions v ON v.id = g.version_id ORDER BY g.slug`;

/** Inserts each flow with its current version. $1 JSON list of flows with their versions. */
const SET_CURRENT_VERSION = `
  INSERT INTO flow.flows (id, slug, designation, version_id)
  SELECT flow_id, slug, designation, version_id
  FROM jsonb_to_recordset($1::jsonb) AS m (flow_id uuid, slug text, designation text, version_id uuid)`;

/** $1 JSON list of held flows with the versions that the stored objects compile to. */
const SET_COMPILED_VERSION = `
  UPDATE flow.flows f SET compiled_id = nullif(m.version_id, f.version_id)
  FROM jsonb_to_recordset($1::jsonb) AS m (flow_id uuid, version_id uuid) WHERE f.id = m.flow_id`;

/**
 * Deletes old flow versions, except those that are current, compiled, or the candidate of a rollout, and those that a
 * plan or a mailed link continues. A version is old if it is neither among the newest versions nor among those that
 * were published last. A flow may have returned to an early version, so a rollback may need one. Drafts and published
 * versions are counted separately, so that neither kind removes the other. $1 number of versions to keep of each flow
 * and kind.
 */
const DELETE_OLD_VERSIONS = `
  DELETE FROM flow.flow_versions v
  USING (SELECT w.id, row_number() OVER (PARTITION BY w.flow_id, is_draft ORDER BY number DESC) AS age,
           row_number() OVER (PARTITION BY w.flow_id, is_draft ORDER BY r.release DESC NULLS LAST, number DESC) AS absence
         FROM flow.flow_versions w
         LEFT JOIN (SELECT version_id, max(id) AS release FROM flow.releases
                    WHERE action IN ('published', 'rolled_back', 'rollout_completed') GROUP BY version_id) r
           ON r.version_id = w.id) a
  WHERE a.id = v.id AND a.age > $1 AND a.absence > $1
    AND NOT EXISTS (SELECT FROM flow.flows f WHERE v.id IN (f.version_id, f.compiled_id, f.candidate_id))
    AND NOT EXISTS (SELECT FROM flow.plans p WHERE p.version_id = v.id)
    AND NOT EXISTS (SELECT FROM flow.resume_tokens t WHERE t.version_id = v.id)`;

/** A compiled flow. */
export interface CompiledFlow {
  readonly document: FlowVersion;
  /** SHA-256 of the document, which identifies the version. */
  readonly digest: Buffer;
}

interface FoundVersion {
  readonly flow_id: string;
  readonly version_id: string;
  readonly number: number;
  readonly is_draft: boolean;
  readonly slug: string;
  readonly designation: string;
  readonly current_id: string | null;
  readonly current_slug: string | null;
  readonly current_number: number | null;
  readonly candidate_id: string | null;
  readonly candidate_number: number | null;
  readonly is_held: boolean;
  readonly isNew: boolean;
}

interface StoredVersion extends CompiledFlow {
  readonly flow_id: string;
}

/** Settings of a run that publishes flows. */
export interface FlowPublisherOptions extends ReleaseLogOptions {
  /** Decrypts the secrets of stored versions, to recognise a version with equal secrets. */
  readonly sealer: Sealer | undefined;
  /** Where the versions come from, such as the names of files. */
  readonly origin?: string | undefined;
}

/** Adds flow versions and makes them current, in the caller's transaction. */
export class TypeormFlowPublisher {
  readonly #log: TypeormReleaseLog;
  readonly #contents: VersionContents;

  constructor(
    private readonly manager: EntityManager,
    private readonly options: FlowPublisherOptions,
  ) {
    this.#log = new TypeormReleaseLog(manager, options);
    this.#contents = new VersionContents(options.sealer);
  }

  /**
   * Makes each document the current version of its flow, unless the flow is held. An earlier version with the same
   * content is reused. Returns the flows whose current version changed, and the held flows that another version was
   * compiled for.
   */
  async publish(flows: readonly CompiledFlow[]): Promise<{ published: PublishedFlow[]; held: HeldFlow[] }> {
    const found = await this.#add(flows, false);
    const held = found.filter(({ is_held }) => is_held);
    if (held.length > 0) await this.manager.query(SET_COMPILED_VERSION, [JSON.stringify(held)]);
    const moved = found.filter(({ is_held, version_id, current_id }) => !is_held && version_id !== current_id);
    await this.#makeCurrent(moved);
    return {
      published: moved.map(({ slug, number, current_number: before, isNew }) => ({ slug, number, before, isNew })),
      held: held
        .filter(({ version_id, current_id }) => version_id !== current_id)
        .map(({ slug, current_slug, number, current_number }) => ({
          ...{ slug: current_slug ?? slug, number, current: current_number ?? number },
        })),
    };
  }

  /** Adds each document as a draft. A version with the same content is reused. */
  async addDrafts(flows: readonly CompiledFlow[]): Promise<DraftedFlow[]> {
    const found = await this.#add(flows, true);
    return found.map(({ slug, current_slug, number, current_id, current_number, version_id, is_draft, isNew }) => ({
      ...{ slug: current_slug ?? slug, number, current: current_number, isNew },
      state: version_id === current_id ? 'current' : is_draft ? 'draft' : 'earlier',
    }));
  }

  /** Removes flows, so that no new plan starts on them. Running plans keep their version. */
  async withdraw(flowIds: readonly string[]): Promise<void> {
    if (flowIds.length === 0) return;
    const gone: Pick<FoundVersion, 'flow_id' | 'slug' | 'version_id' | 'number'>[] = await this.manager.query(
      WITHDRAW,
      [flowIds],
    );
    await this.#log.add(gone.map((flow) => ({ ...flow, before_number: flow.number, action: 'withdrawn' })));
  }

  /** Deletes the versions of each flow that are older than the newest `kept` ones and that nothing uses. */
  async deleteOldVersions(kept: number): Promise<void> {
    await this.manager.query(DELETE_OLD_VERSIONS, [kept]);
  }

  async #add(flows: readonly CompiledFlow[], isDraft: boolean): Promise<FoundVersion[]> {
    if (flows.length === 0) return [];
    const known = await this.#withKnownDigests(flows);
    const ids = known.map(({ document }) => document.flow.id);
    const digests = known.map(({ digest }) => digest);
    const documents = known.map(({ document }) => JSON.stringify(document));
    const { origin = null } = this.options;
    const added: { id: string }[] = await this.manager.query(ADD_NEW_VERSIONS, [
      ids,
      documents,
      digests,
      origin,
      isDraft,
    ]);
    const newIds = new Set(added.map(({ id }) => id));
    const found: Omit<FoundVersion, 'isNew'>[] = await this.manager.query(FIND_VERSIONS, [ids, digests]);
    return found.map((version) => ({ ...version, isNew: newIds.has(version.version_id) }));
  }

  /** Replaces the digest of each flow with secrets by that of a stored version with the same content. */
  async #withKnownDigests(flows: readonly CompiledFlow[]): Promise<readonly CompiledFlow[]> {
    const ids = flows.filter(({ document }) => hasSecrets(document)).map(({ document }) => document.flow.id);
    if (ids.length === 0) return flows;
    const stored: StoredVersion[] = await this.manager.query(FIND_DOCUMENTS, [ids]);
    return flows.map((flow) => {
      const versions = stored.filter(({ flow_id }) => flow_id === flow.document.flow.id);
      const digests = new Set(versions.map(({ digest }) => digest.toString('hex')));
      if (versions.length === 0 || digests.has(flow.digest.toString('hex'))) return flow;
      const content = this.#contents.contentOf(flow.document);
      const equal = versions.find(({ document }) => this.#contents.contentOf(document) === content);
      return equal && content !== undefined ? { ...flow, digest: equal.digest } : flow;
    });
  }

  async #makeCurrent(moved: readonly FoundVersion[]): Promise<void> {
    if (moved.length === 0) return;
    // Deletes the rows of all these flows first, because slugs are unique and a flow may take over the slug of another
    // one. This also ends their rollouts.
    await this.manager.query('DELETE FROM flow.flows WHERE id = ANY ($1::uuid[])', [moved.map((v) => v.flow_id)]);
    await rejectTakenSlugs(this.manager, moved);
    await this.manager.query(SET_CURRENT_VERSION, [JSON.stringify(moved)]);
    await markPublished(
      this.manager,
      moved.map(({ version_id }) => version_id),
    );
    await this.#log.add(moved.flatMap(releasesOf));
  }
}

/** Returns the log rows for a flow whose current version has changed: the end of its rollout, and the publication. */
function releasesOf({ candidate_id, candidate_number, ...version }: FoundVersion): NewRelease[] {
  const { flow_id, slug, version_id, number, current_number: before_number } = version;
  const published = { flow_id, slug, version_id, number, before_number, action: 'published' } as const;
  if (candidate_id === null || candidate_number === null || candidate_id === version_id) return [published];
  const candidate = { version_id: candidate_id, number: candidate_number };
  return [{ ...published, ...candidate, action: 'rollout_stopped' }, published];
}

/** Marks versions as published, so that they are no longer drafts. */
export async function markPublished(manager: EntityManager, ids: readonly string[]): Promise<void> {
  await manager.query('UPDATE flow.flow_versions SET is_draft = false WHERE id = ANY ($1::uuid[]) AND is_draft', [ids]);
}

/**
 * Throws BlueprintError if the published version of another flow still has the slug of one of these flows, because that
 * flow is held.
 */
async function rejectTakenSlugs(manager: EntityManager, flows: readonly { slug: string }[]): Promise<void> {
  const slugs = flows.map(({ slug }) => slug);
  const [taken]: { slug: string }[] = await manager.query(
    'SELECT slug FROM flow.flows WHERE slug = ANY ($1::text[]) LIMIT 1',
    [slugs],
  );
  if (taken) {
    throw new BlueprintError(
      `the slug ${taken.slug} is still that of the published version of another flow, which is held. Publish a version of that flow first`,
    );
  }
}
