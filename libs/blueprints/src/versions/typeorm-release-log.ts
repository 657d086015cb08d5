import type { EntityManager } from 'typeorm';
import type { Release, ReleaseAction } from './release.js';

/** $1 JSON list of rows. */
const ADD = `
  INSERT INTO flow.releases (flow_id, slug, version_id, number, before_number, at, action, actor, reason)
  SELECT flow_id, slug, version_id, number, before_number, clock_timestamp(), action, actor, reason
  FROM jsonb_to_recordset($1::jsonb) AS r (flow_id uuid, slug text, version_id uuid, number int, before_number int,
    action text, actor text, reason text)`;

/** $1 flow ids, $2 number of rows to keep of each flow. */
const DELETE_OLD = `
  DELETE FROM flow.releases r
  USING (SELECT id, row_number() OVER (PARTITION BY flow_id ORDER BY id DESC) AS age
         FROM flow.releases WHERE flow_id = ANY ($1::uuid[])) a
  WHERE a.id = r.id AND a.age > $2`;

const FIND = `
  SELECT action, number, before_number AS before FROM flow.releases WHERE flow_id = $1 ORDER BY id`;

/** A row to add to the log. */
export interface NewRelease {
  readonly flow_id: string;
  readonly slug: string;
  readonly version_id: string;
  readonly number: number;
  readonly before_number: number | null;
  readonly action: ReleaseAction;
  readonly reason?: string | undefined;
}

/** The settings of the log of releases. */
export interface ReleaseLogOptions {
  /** The command or service that publishes, never a person. */
  readonly actor?: string | undefined;
  /** Rows to keep of each flow. By default all. */
  readonly releasesKept?: number | undefined;
}

/** The log of releases (table `flow.releases`). */
export class TypeormReleaseLog {
  constructor(
    private readonly manager: EntityManager,
    private readonly options: ReleaseLogOptions,
  ) {}

  /** Adds rows, and deletes the oldest rows of these flows. */
  async add(releases: readonly NewRelease[]): Promise<void> {
    if (releases.length === 0) return;
    const { actor, releasesKept } = this.options;
    await this.manager.query(ADD, [JSON.stringify(releases.map((release) => ({ ...release, actor })))]);
    if (releasesKept === undefined) return;
    await this.manager.query(DELETE_OLD, [releases.map(({ flow_id }) => flow_id), releasesKept]);
  }

  /** Returns the rows of a flow, oldest first. */
  async find(flowId: string): Promise<Release[]> {
    return this.manager.query(FIND, [flowId]);
  }
}
