import { formatComparison, formatReport, isAutoApplied, isDifferent } from '@gatehouse/blueprints';
import type { CommandName } from '@gatehouse/contracts';
import {
  type ApplyOptions,
  applyFiles,
  applyOnce,
  blueprintsFolder,
  openMigratedPostgres,
  outboxSealerOf,
  readFiles,
  sealKeysOf,
  withSyntaxChecker,
} from '@gatehouse/local';
import { CommandEventRecorder } from '@gatehouse/outbox';
import { type CommandProcess, parseCommandArguments, warnUnrecorded } from '../command.js';

/**
 * Applies blueprints, all of them or none, and returns a report of the changes. With `--once`, applies them only to an
 * empty installation, in which no blueprint was applied before, and otherwise says which of them differ from what is
 * stored.
 */
export async function applyBlueprintFiles(args: readonly string[], process: CommandProcess): Promise<string> {
  const { values, names } = parseCommandArguments(args, {
    once: { type: 'boolean', default: false },
    strict: { type: 'boolean', default: false },
  });
  const files = await readFiles(names);
  return withDatabase(process, 'blueprint apply', async (url, settings) => {
    const options = { ...settings, strict: values.strict };
    if (!values.once) return formatReport(await applyFiles(url, files, options));
    const result = await applyOnce(url, { files: files.filter(isAutoApplied), names }, options);
    return 'report' in result ? formatReport(result.report) : (result.notice ?? 'nothing changed');
  });
}

/** Returns what blueprints would change, without changing anything. */
export async function compareBlueprintFiles(args: readonly string[], process: CommandProcess): Promise<string> {
  const { names } = parseCommandArguments(args, {});
  const files = await readFiles(names);
  return withDatabase(process, undefined, async (url, settings) =>
    formatComparison(await applyFiles(url, files, { ...settings, mode: 'compare' })),
  );
}

/**
 * Applies the new versions of blueprints that were applied before. Leaves objects that were changed or removed since, and
 * returns a report of the changes and of what still differs.
 */
export async function updateBlueprintFiles(args: readonly string[], process: CommandProcess): Promise<string> {
  const { names } = parseCommandArguments(args, {});
  const files = await readFiles(names);
  return withDatabase(process, 'blueprint update', async (url, settings) => {
    const updated = await applyFiles(url, files, { ...settings, mode: 'update' });
    const compared = await applyFiles(url, files, { ...settings, mode: 'compare' });
    const different = compared.files.filter(isDifferent);
    const rest = different.length > 0 ? [formatComparison({ ...compared, files: different })] : [];
    return [formatReport(updated), ...rest].join('\n');
  });
}

/**
 * Calls `use` with the database and the settings of the environment. All applies use the same syntax checker. `command`
 * names the command in audit events; undefined for a command that changes nothing.
 */
async function withDatabase(
  { env, syntax: given, stderr }: CommandProcess,
  command: CommandName | undefined,
  use: (url: string, settings: ApplyOptions) => Promise<string>,
): Promise<string> {
  const postgres = await openMigratedPostgres(env);
  try {
    const settings = { env, folder: blueprintsFolder(env), sealKeys: await sealKeysOf(env) };
    const events = command && new CommandEventRecorder(command, await outboxSealerOf(env, postgres.embedded));
    const output = await withSyntaxChecker(given, (syntax) => use(postgres.url, { ...settings, syntax, events }));
    if (events) warnUnrecorded(events, { stderr });
    return output;
  } finally {
    await postgres.stop();
  }
}
