import {
  type BlueprintFile,
  formatComparison,
  formatDraftReport,
  formatDryRun,
  formatReport,
  isAutoApplied,
  isDifferent,
} from '@gatehouse/blueprints';
import { type CommandName, printableJson } from '@gatehouse/contracts';
import {
  type ApplyOptions,
  applyFiles,
  applyOnce,
  blueprintsFolder,
  CommandError,
  draftFiles,
  type FileOptions,
  openMigratedPostgres,
  outboxSealerOf,
  planFiles,
  readFiles,
  sealKeysOf,
  withSyntaxChecker,
} from '@gatehouse/local';
import { CommandEventRecorder } from '@gatehouse/outbox';
import { announceDatabase, type CommandProcess, parseCommandArguments, warnUnrecorded } from '../command.js';

const LENIENT_OPTION = { lenient: { type: 'boolean', default: false } } as const;
const OPTIONS = {
  once: { type: 'boolean', default: false },
  strict: { type: 'boolean', default: false },
  ...LENIENT_OPTION,
  'dry-run': { type: 'boolean', default: false },
  draft: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
} as const;

const LENIENT = { lenient: true } as const;

/**
 * Applies blueprints, all of them or none, and returns a report of the changes. With `--once`, applies them only if no
 * blueprint was applied before, and otherwise reports the blueprints that differ from the stored objects. With
 * `--dry-run`, only returns what applying them would do. With `--draft`, only compiles drafts of the flows.
 */
export async function applyBlueprintFiles(args: readonly string[], process: CommandProcess): Promise<string> {
  const { values, names } = parseCommandArguments(args, OPTIONS);
  const mode = modeOf(values);
  if (values.strict && values.lenient) throw new CommandError('--strict and --lenient cannot be combined.');
  const files = await readFiles(names);
  const command = mode === 'dry-run' ? undefined : 'blueprint apply';
  return withDatabase(process, command, async (url, settings) => {
    const options = { ...settings, strict: values.strict, ...(values.lenient && LENIENT) };
    if (mode === 'dry-run') return dryRun(url, files, { ...options, json: values.json });
    if (mode === 'draft') return draft(url, files, { ...options, json: values.json });
    if (mode === 'apply') return formatReport(await applyFiles(url, files, options));
    const result = await applyOnce(url, { files: files.filter(isAutoApplied), names }, options);
    return 'report' in result ? formatReport(result.report) : (result.notice ?? 'nothing changed');
  });
}

type Mode = 'apply' | 'once' | 'dry-run' | 'draft';

function modeOf(values: Readonly<Record<Exclude<Mode, 'apply'> | 'json', boolean>>): Mode {
  const modes = (['once', 'dry-run', 'draft'] as const).filter((name) => values[name]);
  if (modes.length > 1) throw new CommandError(`--${modes[0]} and --${modes[1]} cannot be combined.`);
  const [mode = 'apply'] = modes;
  if (values.json && mode !== 'dry-run' && mode !== 'draft')
    throw new CommandError('--json needs --dry-run or --draft.');
  return mode;
}

interface OutputOptions extends FileOptions {
  readonly json: boolean;
}

async function dryRun(url: string, files: readonly BlueprintFile[], { json, ...options }: OutputOptions) {
  const plan = await planFiles(url, files, options);
  return json ? printableJson(plan) : formatDryRun(plan);
}

async function draft(url: string, files: readonly BlueprintFile[], { json, ...options }: OutputOptions) {
  const { drafts, leftOut, files: reports } = await draftFiles(url, files, options);
  return json ? printableJson({ drafts, leftOut }) : formatDraftReport({ files: reports, drafts, leftOut });
}

/** Returns what blueprints would change, without changing anything. */
export async function compareBlueprintFiles(args: readonly string[], process: CommandProcess): Promise<string> {
  const { values, names } = parseCommandArguments(args, LENIENT_OPTION);
  const files = await readFiles(names);
  return withDatabase(process, undefined, async (url, settings) =>
    formatComparison(await applyFiles(url, files, { ...settings, ...(values.lenient && LENIENT), mode: 'compare' })),
  );
}

/**
 * Applies the new versions of blueprints that were applied before. Skips objects that were changed or removed since
 * then. Returns a report of the changes and of the remaining differences.
 */
export async function updateBlueprintFiles(args: readonly string[], process: CommandProcess): Promise<string> {
  const { values, names } = parseCommandArguments(args, LENIENT_OPTION);
  const files = await readFiles(names);
  return withDatabase(process, 'blueprint update', async (url, given) => {
    const settings = { ...given, ...(values.lenient && LENIENT) };
    const updated = await applyFiles(url, files, { ...settings, mode: 'update' });
    const compared = await applyFiles(url, files, { ...settings, mode: 'compare' });
    const different = compared.files.filter(isDifferent);
    const rest = different.length > 0 ? [formatComparison({ ...compared, files: different })] : [];
    return [formatReport(updated), ...rest].join('\n');
  });
}

/**
 * Calls `use` with the database and the settings of the environment. All applies use the same syntax checker. `command`
 * names the command in audit events. It is undefined if the command changes nothing.
 */
async function withDatabase(
  { env, syntax: given, stderr }: CommandProcess,
  command: CommandName | undefined,
  use: (url: string, settings: ApplyOptions) => Promise<string>,
): Promise<string> {
  if (command) announceDatabase({ env, stderr });
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
