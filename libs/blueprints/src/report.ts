const OUTCOMES = ['created', 'changed', 'left', 'removed', 'applied', 'missing', 'skipped'] as const;
const SILENT: readonly EntryOutcome[] = ['left', 'skipped'];

/**
 * What became of an entry. `skipped`: its conditions are not met, or it is left out for another reason, which is told. Of one that asks for another blueprint: `applied` in
 * this run, or `missing` and not required.
 */
export type EntryOutcome = (typeof OUTCOMES)[number];

/** One entry's part of a report. */
export interface EntryChange {
  readonly outcome: EntryOutcome;
  readonly model: string;
  /** The object's identifier as people know it; empty when there is none. */
  readonly name: string;
  /** Why it was skipped, if not for its conditions. */
  readonly why?: string;
}

/** What a blueprint file did. */
export interface FileReport {
  readonly file: string;
  readonly changes: readonly EntryChange[];
  readonly warnings: readonly string[];
}

/** A flow whose visitors get another version from now on: a new one, or one that it had before. */
export interface PublishedFlow {
  readonly slug: string;
  readonly number: number;
}

/** What a run of blueprints did; all of it is committed. */
export interface Report {
  readonly files: readonly FileReport[];
  readonly published: readonly PublishedFlow[];
  /** Whether anything is other than before; what one file changes another may have put back. */
  readonly isChanged: boolean;
}

/** The report for people: a line for a file, one for each change, warning and published flow. */
export function formatReport({ files, published, isChanged }: Report): string {
  const flows = published.map(({ slug, number }) => `published ${slug} (version ${number})`);
  return [...files.flatMap(formatFile), ...flows, ...(isChanged ? [] : ['nothing changed'])].join('\n');
}

function formatFile({ file, changes, warnings }: FileReport): string[] {
  const counts = OUTCOMES.map((outcome) => [changes.filter((c) => c.outcome === outcome).length, outcome] as const);
  const summary = counts.filter(([count]) => count > 0).map(([count, outcome]) => `${count} ${outcome}`);
  const told = changes.filter(({ outcome, why }) => why !== undefined || !SILENT.includes(outcome));
  return [
    `${file}: ${summary.join(', ') || 'no entries'}`,
    ...told.map(formatChange),
    ...warnings.map((warning) => `  warning: ${warning}`),
  ];
}

function formatChange({ outcome, model, name, why }: EntryChange): string {
  const what = [outcome, model, name].filter(Boolean).join(' ');
  return `  ${what}${why === undefined ? '' : `: ${why}`}`;
}
