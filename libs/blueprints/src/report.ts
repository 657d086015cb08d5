import type { FieldDifference } from './field-difference.js';

const OUTCOMES = ['created', 'changed', 'unchanged', 'kept', 'removed', 'applied', 'missing', 'skipped'] as const;
const SILENT: readonly EntryOutcome[] = ['unchanged', 'skipped'];

/**
 * The outcome of an entry. Some need an explanation:
 * - `skipped` without a `reason`: the conditions of the entry are not met
 * - `skipped` with a `reason`: Gatehouse does not support the model, the entry depends on a skipped entry, or an update
 *   does not create the object again, because an administrator has removed it
 * - `kept`: an update has left the object as it is, because an administrator may have changed it
 * - `applied`: the blueprint that the entry requires was applied
 * - `missing`: the blueprint that the entry requires is optional and was not found
 */
export type EntryOutcome = (typeof OUTCOMES)[number];

/** The part of a report about one entry. */
export interface EntryChange {
  readonly outcome: EntryOutcome;
  readonly model: string;
  /** Display name of the object. Empty when no object is affected. */
  readonly name: string;
  /** The reason for skipping an entry whose conditions are met, or for keeping its object. */
  readonly reason?: string;
  /** The fields that a `changed` entry gives another value, for models that are stored as blueprint objects. */
  readonly differences?: readonly FieldDifference[];
}

/** The changes of one blueprint file. */
export interface FileReport {
  readonly file: string;
  readonly changes: readonly EntryChange[];
  readonly warnings: readonly string[];
  /** Whether the file was applied before with another content. Set only for files of the folder of blueprints. */
  readonly isNewVersion?: boolean;
}

/** A flow whose current version changed, to a new version or back to an earlier one. */
export interface PublishedFlow {
  readonly slug: string;
  readonly number: number;
  /** Number of the version that was current before, or null for a new flow. */
  readonly before: number | null;
  /** Whether the run has added the version. Otherwise the flow returns to an earlier version. */
  readonly isNew: boolean;
}

/** A held flow: the run has compiled another version, and has not published it. */
export interface HeldFlow {
  readonly slug: string;
  readonly number: number;
  /** Number of the current version. */
  readonly current: number;
}

/** A flow for which a run has compiled a draft. */
export interface DraftedFlow {
  readonly slug: string;
  readonly number: number;
  readonly current: number | null;
  /** Whether the run has added the version. Otherwise the draft equals a version that was there before. */
  readonly isNew: boolean;
  readonly state: 'draft' | 'current' | 'earlier';
}

/** The changes of a run. In the mode `compare`, they were rolled back. */
export interface Report {
  readonly files: readonly FileReport[];
  readonly published: readonly PublishedFlow[];
  readonly held: readonly HeldFlow[];
  /** Whether the stored objects differ after the run. Also false when one file has undone the changes of another. */
  readonly isChanged: boolean;
}

/** Formats a report as text: a line for each file, change, warning and published flow. */
export function formatReport({ files, published, held, isChanged }: Report): string {
  const flows = [
    ...published.map(({ slug, number }) => `published ${slug} (version ${number})`),
    ...held.map(formatHeld),
  ];
  return [...files.flatMap(formatFile), ...flows, ...(isChanged ? [] : ['nothing changed'])].join('\n');
}

/** Formats a held flow as one line with the commands to compare and publish its new version. */
export const formatHeld = ({ slug, number, current }: HeldFlow): string =>
  `held ${slug} at version ${current}; not published: version ${number}. Compare: npm run flow -- diff ${slug} ${current} ${number}. Publish: npm run flow -- publish ${slug} ${number}`;

const CHANGING: readonly EntryOutcome[] = ['created', 'changed', 'removed'];

/** Returns whether an entry creates, changes or removes an object. */
export const isChanging = ({ outcome }: EntryChange): boolean => CHANGING.includes(outcome);

/** Returns whether a file differs from the stored objects. */
export const isDifferent = ({ changes }: FileReport): boolean => changes.some(isChanging);

const VERBS: Partial<Record<EntryOutcome, string>> = { created: 'create', changed: 'change', removed: 'remove' };

/** Formats the report of a comparison as text: for each file, what it would change. */
export const formatComparison = ({ files }: Report): string =>
  files
    .flatMap((report) => [
      `${report.file}: ${isDifferent(report) ? 'differs from the stored objects' : 'like the stored objects'}`,
      ...report.changes.filter(isChanging).flatMap(formatDifference),
    ])
    .join('\n');

/** Formats what an entry would change, with a line for each field. */
export function formatDifference({ outcome, model, name, differences = [] }: EntryChange): string[] {
  const fields = differences.map(({ field, stored, written }) => `    ${field}: ${stored} → ${written}`);
  return [`  would ${VERBS[outcome]} ${model} ${name}`.trimEnd(), ...fields];
}

function formatFile({ file, changes, warnings }: FileReport): string[] {
  const counts = OUTCOMES.map((outcome) => [changes.filter((c) => c.outcome === outcome).length, outcome] as const);
  const summary = counts.filter(([count]) => count > 0).map(([count, outcome]) => `${count} ${outcome}`);
  const reported = changes.filter(({ outcome, reason: why }) => why !== undefined || !SILENT.includes(outcome));
  return [
    `${file}: ${summary.join(', ') || 'no entries'}`,
    ...reported.map(formatChange),
    ...warnings.map((warning) => `  warning: ${warning}`),
  ];
}

function formatChange({ outcome, model, name, reason: why }: EntryChange): string {
  const summary = [outcome, model, name].filter(Boolean).join(' ');
  return `  ${summary}${why === undefined ? '' : `: ${why}`}`;
}
