import { Applier, type ApplyContext } from './applier.js';
import { BlueprintError } from './blueprint-error.js';
import type { Collection } from './collection.js';
import { readDocument } from './document.js';
import { type BlueprintFile, type BlueprintLibrary, findBlueprint } from './library.js';
import type { FileReport } from './report.js';
import { RequiredBlueprints } from './required-blueprints.js';

/** Where required blueprints are looked for: among those that are applied anyway, then in the library. */
interface BlueprintSources {
  readonly files: readonly BlueprintFile[];
  readonly library: BlueprintLibrary;
}

/** Applies blueprints one after another, and each once: one that was applied for another is not applied again. */
export class BlueprintRun {
  readonly #surroundings: ApplyContext;
  readonly #done = new Map<string, FileReport>();
  /** Names of the files that wait for those which they require. */
  readonly #waiting: string[] = [];

  constructor({ files, library, collections, ...rest }: ApplyContext & BlueprintSources) {
    const given = files.map((file) => ({ ...file, path: file.name }));
    const find: BlueprintLibrary = async (wanted) => findBlueprint(given, wanted) ?? library(wanted);
    const required: Collection = new RequiredBlueprints(find, (file) => this.apply(file));
    const all = new Map([...collections, ['authentik_blueprints.metaapplyblueprint', required] as const]);
    this.#surroundings = { ...rest, collections: all };
  }

  /** In the order in which they were finished. */
  get reports(): FileReport[] {
    return [...this.#done.values()];
  }

  async apply({ name, text }: BlueprintFile): Promise<void> {
    if (this.#done.has(name)) return;
    const open = this.#waiting.indexOf(name);
    if (open >= 0) {
      throw new BlueprintError(`blueprints require each other: ${[...this.#waiting.slice(open), name].join(' → ')}`);
    }
    this.#waiting.push(name);
    try {
      this.#done.set(name, await new Applier(readDocument(name, text), this.#surroundings).run());
    } finally {
      this.#waiting.pop();
    }
  }
}
