import { type BlueprintDocument, readDocument } from './document.js';

/** A blueprint as a text, and the name by which messages call it. */
export interface BlueprintFile {
  readonly name: string;
  readonly text: string;
}

/** What one blueprint says of another that it needs: all of it must be true. */
export interface BlueprintIdentifiers {
  /** The name in its metadata. */
  readonly name?: string | undefined;
  /** Where it is, below the folder of blueprints. */
  readonly path?: string | undefined;
}

/** The blueprints that others can ask for; undefined when there is no such one. */
export type BlueprintLibrary = (wanted: BlueprintIdentifiers) => Promise<BlueprintFile | undefined>;

/**
 * Its value "false" says that a blueprint is applied only when somebody asks for it (docs/spec/blueprints.md#document).
 */
const INSTANTIATE = 'blueprints.goauthentik.io/instantiate';

/** A blueprint of a folder. */
export interface FolderFile extends BlueprintFile {
  /** Below the folder, with `/`. */
  readonly path: string;
}

/** The first of a folder's blueprints that is wanted. Throws BlueprintError when one has to be read for that and cannot be. */
export function findBlueprint<F extends FolderFile>(files: readonly F[], wanted: BlueprintIdentifiers): F | undefined {
  return files.find(
    (file) =>
      (wanted.path === undefined || wanted.path === file.path) &&
      (wanted.name === undefined || wanted.name === read(file).metadata?.name),
  );
}

/** Whether a blueprint is applied along with its folder, without being asked for. Throws BlueprintError. */
export function isAutoApplied(file: BlueprintFile): boolean {
  const label = read(file).metadata?.labels[INSTANTIATE];
  return String(label).toLowerCase() !== 'false';
}

const read = ({ name, text }: BlueprintFile): BlueprintDocument => readDocument(name, text);
