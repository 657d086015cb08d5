import type { ApplyObserver } from './apply-observer.js';
import type { Collection, FoundObject } from './collection.js';
import type { State } from './entry-state.js';
import type { JsonMap } from './json.js';
import type { EntriesBefore } from './kept-objects.js';
import type { FileReader, ResolutionScope, TaggedMap } from './tagged-value.js';
import type { Strictness } from './unknown-fields.js';

/** The collections and settings that a blueprint is applied with. */
export interface ApplyContext extends Strictness {
  /** Collections by model name in lower case. */
  readonly collections: ReadonlyMap<string, Collection>;
  readonly env: ResolutionScope['env'];
  /** Values for `!Context`; they override the context of the file. */
  readonly context: TaggedMap;
  /** Reads files for `!File`. Without it, the tag is refused. */
  readonly readFile?: FileReader | undefined;
  readonly observer?: ApplyObserver;
  /**
   * Present only in an update (`ApplyMode`): returns the entries of a file's last applied version. The update keeps
   * objects that were changed since that version.
   */
  readonly entriesBefore?: (file: string) => EntriesBefore | undefined;
}

/** An entry whose tags are resolved. */
export interface ResolvedEntry {
  readonly state: State;
  readonly identifiers: JsonMap;
  readonly attrs: JsonMap;
  readonly unsetVariables: ReadonlyMap<string, string>;
  readonly unfound: ReadonlyMap<string, string>;
}

/** A resolved entry of a model, and the object that it identifies. */
export interface FoundEntry extends ResolvedEntry {
  readonly model: string;
  readonly collection: Collection;
  readonly existing: FoundObject | undefined;
}

/** An entry that an update leaves alone, with the reason. */
export type KeptEntry = Pick<FoundEntry, 'model' | 'identifiers' | 'existing'> & { readonly reason: string };
