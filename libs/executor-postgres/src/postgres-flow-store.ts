import { type ConfigurableStage, FlowStore, type FlowSummary } from '@gatehouse/executor';
import { type FlowVersion, flowVersion } from '@gatehouse/plan';
import { runNamed, type Sealer, SecretBox } from '@gatehouse/platform';
import type { DataSource } from 'typeorm';

/** Number of flow versions in the cache. A version never changes, so the cache is never stale. */
export const MAX_CACHED_VERSIONS = 500;

const LOAD = { name: 'flow_version_load', text: 'SELECT document FROM flow.flow_versions WHERE id = $1' };
const EXISTS = { name: 'flow_exists', text: 'SELECT FROM flow.flows WHERE id = $1' };
const SLUGS = { name: 'flow_slugs', text: 'SELECT id, slug FROM flow.flows ORDER BY slug' };
/** Returns the settings, stages and policies of published flows. $1 array of flow ids. */
const DESCRIBE = {
  name: 'flow_describe',
  text: `
    SELECT v.document->'flow' AS flow, v.document#>>'{guard,mode}' AS mode,
      jsonb_path_query_array(v.document, '$.steps[*].stage.id') AS stages,
      jsonb_path_query_array(v.document, '$.guard.bindings[*].policy') AS policies
    FROM flow.flows f JOIN flow.flow_versions v ON v.id = f.version_id WHERE f.id = ANY ($1::uuid[])`,
};
/**
 * Finds the `configure_flow` of a stage that a published flow uses as a step or in the config of a step. $1 id of the
 * stage.
 */
const FIND_CONFIGURE_FLOW = {
  name: 'flow_configuring',
  text: `
    SELECT slug FROM (
      SELECT coalesce(
        jsonb_path_query_first(v.document, '$.steps[*].stage ? (@.id == $id).config.configure_flow',
          jsonb_build_object('id', $1::text)) #>> '{}',
        v.document #>> ARRAY['attached', $1::text, 'config', 'configure_flow']) AS slug
      FROM flow.flows f JOIN flow.flow_versions v ON v.id = f.version_id) found
    WHERE slug IS NOT NULL ORDER BY slug LIMIT 1`,
};

/** Lists the stages that have a `configure_flow`. $1 array of stage kinds, $2 largest number of rows. */
const LIST_CONFIGURABLE_STAGES = {
  name: 'flow_configurable',
  text: `
    SELECT id, min(name) AS name FROM (
      SELECT s->>'id' AS id, coalesce(nullif(s->'config'->>'friendly_name', ''), s->>'name') AS name
      FROM flow.flows f JOIN flow.flow_versions v ON v.id = f.version_id,
        jsonb_path_query(v.document, '$.steps[*].stage') s
      WHERE s->>'kind' = ANY ($1::text[]) AND s->'config'->>'configure_flow' IS NOT NULL) found
    GROUP BY id ORDER BY name, id LIMIT $2`,
};

/** Lists the slugs of the flows that use a stage. $1 id of the stage, $2 largest number of rows. */
const FIND_FLOWS_USING_STAGE = {
  name: 'flow_using',
  text: `
    SELECT f.slug FROM flow.flows f JOIN flow.flow_versions v ON v.id = f.version_id
    WHERE v.document->'attached' ? $1::text
      OR jsonb_path_exists(v.document, '$.steps[*].stage ? (@.id == $id)', jsonb_build_object('id', $1::text))
    ORDER BY slug LIMIT $2`,
};

/** Largest number of stages that the settings of a user list for setting up. */
const MAX_CONFIGURABLE = 20;

/** Largest number of flows that `listFlowsUsing` returns. */
const MAX_FLOWS = 50;

/** Reads published flows from Postgres, and caches their versions. */
export class PostgresFlowStore extends FlowStore {
  private readonly cache = new Map<string, FlowVersion>();

  /** `sealer` decrypts the secrets of stages. */
  constructor(
    private readonly source: DataSource,
    private readonly sealer: Sealer,
  ) {
    super();
  }

  async find(versionId: string): Promise<FlowVersion | undefined> {
    const version = this.cache.get(versionId) ?? (await this.read(versionId));
    if (!version) return undefined;
    // LRU cache: a Map keeps the order of insertion, and each use inserts the entry again, so the first entry is the
    // least recently used.
    this.cache.delete(versionId);
    this.cache.set(versionId, version);
    if (this.cache.size > MAX_CACHED_VERSIONS) this.cache.delete(this.cache.keys().next().value!);
    return version;
  }

  async findConfigureFlow(stageId: string): Promise<string | undefined> {
    const { rows } = await runNamed<{ slug: string }>(this.source, FIND_CONFIGURE_FLOW, [stageId]);
    return rows[0]?.slug;
  }

  async listConfigurableStages(kinds: readonly string[]): Promise<ConfigurableStage[]> {
    return (await runNamed<ConfigurableStage>(this.source, LIST_CONFIGURABLE_STAGES, [kinds, MAX_CONFIGURABLE])).rows;
  }

  async summarize(flowIds: readonly string[]): Promise<FlowSummary[]> {
    return flowIds.length === 0 ? [] : (await runNamed<FlowSummary>(this.source, DESCRIBE, [flowIds])).rows;
  }

  async listSlugs(): Promise<ReadonlyMap<string, string>> {
    const { rows } = await runNamed<{ id: string; slug: string }>(this.source, SLUGS, []);
    return new Map(rows.map(({ id, slug }) => [id, slug]));
  }

  async exists(flowId: string): Promise<boolean> {
    return (await runNamed(this.source, EXISTS, [flowId])).rows.length > 0;
  }

  async listFlowsUsing(stageId: string): Promise<string[]> {
    const { rows } = await runNamed<{ slug: string }>(this.source, FIND_FLOWS_USING_STAGE, [stageId, MAX_FLOWS]);
    return rows.map(({ slug }) => slug);
  }

  private async read(versionId: string): Promise<FlowVersion | undefined> {
    const { rows } = await runNamed<{ document: unknown }>(this.source, LOAD, [versionId]);
    const version = rows[0] && flowVersion.safeParse(rows[0].document).data;
    return version && withOpenSecrets(version, new SecretBox(this.sealer));
  }
}

/**
 * Returns a version with the secrets of its stages decrypted. The decrypted secrets are kept in memory only. Throws
 * `UnsealError`.
 */
function withOpenSecrets(version: FlowVersion, secretBox: SecretBox): FlowVersion {
  const open = (object: string, config: Readonly<Record<string, unknown>>) =>
    Object.fromEntries(
      Object.entries(config).map(([field, value]) => [field, secretBox.open({ object, field }, value)]),
    );
  const steps = version.steps.map(({ stage, ...step }) => ({
    ...step,
    stage: { ...stage, config: open(stage.id, stage.config) },
  }));
  const withSecrets = (stages: FlowVersion['attached']): FlowVersion['attached'] =>
    Object.fromEntries(
      Object.entries(stages).map(([id, { secrets, ...stage }]) => [
        id,
        secrets ? { ...stage, secrets: open(id, secrets) } : stage,
      ]),
    );
  return { ...version, steps, attached: withSecrets(version.attached), companions: withSecrets(version.companions) };
}
