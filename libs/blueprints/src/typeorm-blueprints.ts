import type { EntityManager } from 'typeorm';
import { AppliedBlueprintRepository } from './applied-blueprint.repository.js';
import type { BlueprintFile, BlueprintLibrary } from './library.js';
import type { Report } from './report.js';
import { changeFlows } from './typeorm-flow-transaction.js';
import { type ApplyOptions, folderFiles, type RunOptions, rolledBack, run } from './typeorm-run.js';

/**
 * `once` applies the files only to a database without blueprint objects (`isFirstRun`). `compare` changes no object:
 * the report says what the files would change. `update` applies new versions of files, except to objects that were
 * changed or removed since.
 */
export type ApplyMode = 'apply' | 'once' | 'compare' | 'update';

/** Thrown in the mode `once` when the database has blueprint objects already. */
export class AlreadyAppliedError extends Error {}

/**
 * Applies blueprint files, then compiles and publishes the affected flows, in one transaction. An invalid file changes
 * nothing and throws BlueprintError. An advisory lock serialises the runs of several processes.
 */
export const applyBlueprints = (options: ApplyOptions & { readonly mode?: ApplyMode }): Promise<Report> =>
  changeFlows(options.source, options, (manager) => runIn(manager, options));

async function runIn(
  manager: EntityManager,
  { mode = 'apply', ...options }: ApplyOptions & { readonly mode?: ApplyMode },
): Promise<Report> {
  if (mode === 'once' && !(await new AppliedBlueprintRepository(manager).isFirstRun())) throw new AlreadyAppliedError();
  if (mode === 'update') return update(manager, options);
  if (mode !== 'compare') return (await run(manager, options)).report;
  await new AppliedBlueprintRepository(manager).addTexts(folderFiles(options.files, options.folderPathOf));
  return rolledBack(manager, options, ({ report }) => report);
}

/**
 * Applies the new versions of files that were applied before. To find out which objects differ from the last applied
 * versions, first applies these versions again, and rolls this back.
 */
async function update(manager: EntityManager, options: RunOptions): Promise<Report> {
  const texts = await new AppliedBlueprintRepository(manager).findTexts();
  const textBefore = (file: BlueprintFile) => texts.get(options.folderPathOf?.(file) ?? '');
  const before = (file: BlueprintFile) => ({ ...file, text: textBefore(file) ?? file.text });
  const files = options.files.filter((file) => ![undefined, file.text].includes(textBefore(file)));
  const library: BlueprintLibrary = async (identifiers) => {
    const file = await options.library?.(identifiers);
    return file && before(file);
  };
  const entries = await rolledBack(
    manager,
    // An earlier version may have accepted keys that this one refuses.
    { ...options, files: files.map(before), library, lenient: true },
    (result) => result.entries,
  );
  return (await run(manager, { ...options, files, entriesBefore: (file) => entries.get(file) })).report;
}
