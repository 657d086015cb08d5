import { createHash } from 'node:crypto';
import type { EntityManager } from 'typeorm';
import type { FolderFile } from './library.js';

/** The content of a blueprint as stored: its path in the folder of blueprints, its SHA-256 and its text. */
interface ContentRow {
  readonly path: string;
  readonly digest: string;
  readonly content: string;
}

/** Saves the content of each blueprint that was applied last. $1 JSON list of blueprints. */
const SAVE = `
  INSERT INTO flow.applied_blueprints (path, digest, content)
  SELECT path, decode(digest, 'hex'), content
  FROM jsonb_to_recordset($1::jsonb) AS b (path text, digest text, content text)
  ON CONFLICT (path) DO UPDATE SET digest = excluded.digest, content = excluded.content, applied_at = now()`;

/**
 * Adds the text to blueprints for which an earlier version of Gatehouse recorded only the digest. $1 JSON list of
 * blueprints.
 */
const ADD_TEXTS = `
  UPDATE flow.applied_blueprints a SET content = b.content
  FROM jsonb_to_recordset($1::jsonb) AS b (path text, digest text, content text)
  WHERE a.path = b.path AND a.digest = decode(b.digest, 'hex') AND a.content IS DISTINCT FROM b.content`;

const FIND_TEXTS = `
  SELECT path, content FROM flow.applied_blueprints WHERE digest = sha256(convert_to(content, 'UTF8'))`;

/** Returns the paths of blueprints that were applied before with another content. $1 JSON list of blueprints. */
const FIND_CHANGED = `
  SELECT path FROM jsonb_to_recordset($1::jsonb) AS b (path text, digest text)
  JOIN flow.applied_blueprints a USING (path) WHERE a.digest <> decode(b.digest, 'hex')`;

const IS_FIRST = `
  SELECT NOT EXISTS (SELECT FROM flow.applied_blueprints) AND NOT EXISTS (SELECT FROM flow.objects) AS "isFirst"`;

/**
 * Stores which version of each blueprint in BLUEPRINTS_DIR was applied last: by path, its text and the SHA-256 of the
 * text (table `flow.applied_blueprints`).
 */
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

  /**
   * Returns the texts that were applied last, by path. Leaves out a text that does not match the digest, because an
   * earlier version of Gatehouse has changed only the digest.
   */
  async findTexts(): Promise<ReadonlyMap<string, string>> {
    const rows: { path: string; content: string }[] = await this.manager.query(FIND_TEXTS);
    return new Map(rows.map(({ path, content }) => [path, content]));
  }

  /**
   * Records the texts of files that an earlier version of Gatehouse has applied with the same content without recording
   * their texts.
   */
  async addTexts(files: readonly FolderFile[]): Promise<void> {
    await this.manager.query(ADD_TEXTS, [JSON.stringify(files.map(contentOf))]);
  }

  async save(files: readonly FolderFile[]): Promise<void> {
    await this.manager.query(SAVE, [JSON.stringify(files.map(contentOf))]);
  }
}

const contentOf = ({ path, text }: FolderFile): ContentRow => ({
  path,
  digest: createHash('sha256').update(text).digest('hex'),
  content: text,
});
