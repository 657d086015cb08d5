import { type BlueprintDocument, readDocument } from './document.js';

/** The text of a blueprint, and the file name that messages show. */
export interface BlueprintFile {
  readonly name: string;
  readonly text: string;
}

/** What identifies a required blueprint. All given properties must match. */
export interface BlueprintIdentifiers {
  /** The `name` in the blueprint's metadata. */
  readonly name?: string | undefined;
  /** Path of the blueprint relative to the blueprints folder. */
  readonly path?: string | undefined;
}

/** Finds a required blueprint. Resolves to undefined when no blueprint matches. */
export type BlueprintLibrary = (identifiers: BlueprintIdentifiers) => Promise<BlueprintFile | undefined>;

/** The label that, when it is "false", excludes a blueprint from `isAutoApplied` (docs/spec/blueprints.md#document). */
const INSTANTIATE = 'blueprints.goauthentik.io/instantiate';

/** A blueprint file in a folder. */
export interface FolderFile extends BlueprintFile {
  /** Path relative to the folder, with `/` as the separator. */
  readonly path: string;
}

/**
 * Returns the first file with these identifiers. Throws BlueprintError when the metadata of a file must be read and is
 * invalid.
 */
export function findBlueprint<F extends FolderFile>(
  files: readonly F[],
  { path, name }: BlueprintIdentifiers,
): F | undefined {
  return files.find(
    (file) => (path === undefined || path === file.path) && (name === undefined || name === read(file).metadata?.name),
  );
}

/**
 * Returns whether a blueprint is applied when its folder is applied, and not only when another blueprint requires it.
 * Throws BlueprintError for invalid metadata.
 */
export function isAutoApplied(file: BlueprintFile): boolean {
  const label = read(file).metadata?.labels[INSTANTIATE];
  return String(label).toLowerCase() !== 'false';
}

const read = ({ name, text }: BlueprintFile): BlueprintDocument => readDocument(name, text);
