import { Applier } from './applier.js';
import type { ApplyContext } from './apply-context.js';
import { BlueprintError } from './blueprint-error.js';
import type { Collection } from './collection.js';
import { readDocument } from './document.js';
import type { EntriesBefore } from './kept-objects.js';
import { type BlueprintFile, type BlueprintLibrary, findBlueprint } from './library.js';
import type { FileReport } from './report.js';
import { RequiredBlueprints } from './required-blueprints.js';

/** Where the run looks up required blueprints: first in its own files, then in the library. */
interface BlueprintSources {
  readonly files: readonly BlueprintFile[];
  readonly library: BlueprintLibrary;
}

/** Applies blueprints one after another, each at most once, also when several blueprints require it. */
export class BlueprintRun {
  readonly #applyContext: ApplyContext;
  readonly #reportsByName = new Map<string, FileReport>();
  readonly #applied: BlueprintFile[] = [];
  readonly #entries = new Map<string, EntriesBefore>();
  /** Names of the files that are being applied, each required by the one before it. */
  readonly #running: string[] = [];

  constructor({ files, library, collections, ...rest }: ApplyContext & BlueprintSources) {
    const runFiles = files.map((file) => ({ ...file, path: file.name }));
    const find: BlueprintLibrary = async (identifiers) => findBlueprint(runFiles, identifiers) ?? library(identifiers);
    const required: Collection = new RequiredBlueprints(find, (file) => this.apply(file));
    const all = new Map([...collections, ['authentik_blueprints.metaapplyblueprint', required] as const]);
    this.#applyContext = { ...rest, collections: all };
  }

  /** The reports in the order in which the files were completed. */
  get reports(): FileReport[] {
    return [...this.#reportsByName.values()];
  }

  /** The applied files, including those that other files require. */
  get applied(): readonly BlueprintFile[] {
    return this.#applied;
  }

  /** The applied entries of each file, by its name. */
  get entries(): ReadonlyMap<string, EntriesBefore> {
    return this.#entries;
  }

  async apply({ name, text }: BlueprintFile): Promise<void> {
    if (this.#reportsByName.has(name)) return;
    const cycleStart = this.#running.indexOf(name);
    if (cycleStart >= 0) {
      throw new BlueprintError(
        `blueprints require each other in a cycle: ${[...this.#running.slice(cycleStart), name].join(' → ')}`,
      );
    }
    this.#running.push(name);
    try {
      const applier = new Applier(readDocument(name, text), this.#applyContext);
      this.#reportsByName.set(name, await applier.run());
      this.#entries.set(name, applier.applied);
      this.#applied.push({ name, text });
    } finally {
      this.#running.pop();
    }
  }
}
