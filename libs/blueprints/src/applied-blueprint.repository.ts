import { createHash } from 'node:crypto';
import type { EntityManager } from 'typeorm';
import type { FolderFile } from './library.js';

/** The content of a blueprint as stored: its path in the folder of blueprints, and its SHA-256. */
interface ContentRow {
  readonly path: string;
  readonly digest: string;
}

/** $1 JSON list of blueprints. Saves the content that was applied last. */
const SAVE = `
  INSERT INTO flow.applied_blueprints (path, digest)
  SELECT path, decode(digest, 'hex') FROM jsonb_to_recordset($1::jsonb) AS b (path text, digest text)
  ON CONFLICT (path) DO UPDATE SET digest = excluded.digest, applied_at = now()`;

/** $1 JSON list of blueprints. Returns the paths of those that were applied before with another content. */
const FIND_CHANGED = `
  SELECT path FROM jsonb_to_recordset($1::jsonb) AS b (path text, digest text)
  JOIN flow.applied_blueprints a USING (path) WHERE a.digest <> decode(b.digest, 'hex')`;

const IS_FIRST = `
  SELECT NOT EXISTS (SELECT FROM flow.applied_blueprints) AND NOT EXISTS (SELECT FROM flow.objects) AS "isFirst"`;

/** The blueprints of the folder that were applied, each by the SHA-256 of its content. */
export class AppliedBlueprintRepository {
  constructor(private readonly manager: EntityManager) {}

  /** Returns whether no blueprint of the folder was applied yet, and no other blueprint has created an object. */
  async isFirstRun(): Promise<boolean> {
    const [row]: { isFirst: boolean }[] = await this.manager.query(IS_FIRST);
    return row?.isFirst === true;
  }

  /** Returns the paths of the blueprints that were applied before with another content. */
  async findChanged(files: readonly FolderFile[]): Promise<ReadonlySet<string>> {
    const rows: { path: string }[] = await this.manager.query(FIND_CHANGED, [JSON.stringify(files.map(contentOf))]);
    return new Set(rows.map(({ path }) => path));
  }

  async save(files: readonly FolderFile[]): Promise<void> {
    await this.manager.query(SAVE, [JSON.stringify(files.map(contentOf))]);
  }
}

const contentOf = ({ path, text }: FolderFile): ContentRow => ({
  path,
  digest: createHash('sha256').update(text).digest('hex'),
});
