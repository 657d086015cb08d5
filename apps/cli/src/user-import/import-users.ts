import { UNUSABLE_HASH } from '@gatehouse/directory';
import { isKnownHash } from '@gatehouse/stages/password';
import { linesOf } from '../file-lines.js';
import type { DirectoryImporter, UserToImport } from './directory-importer.js';
import { type ImportedGroup, parseExportLine, type UserExportLine } from './export-lines.js';

/** Number of users that one statement inserts. */
const BATCH = 500;
/** Maximum number of invalid lines that the report describes. */
const MAX_REPORTED_ERRORS = 20;

/** The result of an import. */
export interface ImportReport {
  users: number;
  groups: number;
  /** Number of users who were skipped because their name already existed. */
  existing: number;
  /** Number of users who were imported with another `pk`, because a local user already has theirs. */
  otherPk: number;
  /** Number of users who were imported without a password because their hash is not supported. */
  withoutPassword: number;
  /** Number of lines that were skipped because the import does not support their model. */
  others: number;
  /** Number of invalid lines. */
  wrong: number;
  /** Descriptions of the first invalid lines, with line numbers. */
  readonly faults: string[];
}

interface UserImportOptions {
  readonly file: string;
  readonly importer: DirectoryImporter;
  /** The report that the import updates. Its numbers are correct even if the import fails. Default: a new report. */
  readonly report?: ImportReport;
  /** The import calls this with the number of bytes that both passes over the file have read so far. */
  readonly progress: (bytes: number, report: ImportReport) => void;
}

/** Returns the report of an import that has not begun. */
export const newImportReport = (): ImportReport => ({
  ...{ users: 0, groups: 0, existing: 0, otherPk: 0, withoutPassword: 0, others: 0, wrong: 0, faults: [] },
});

/** Imports the groups of a file, then the users, who keep their `pk` if it is free. Reads the file twice, so that the order of lines does not matter. */
export async function importUsers({
  file,
  importer,
  progress,
  report = newImportReport(),
}: UserImportOptions): Promise<ImportReport> {
  const bytesOfFirstPass = await importGroups({ file, importer, progress }, report);
  let batch: UserToImport[] = [];
  const flush = async () => {
    await addUsers(importer, batch, report);
    batch = [];
  };
  for await (const { text, number, bytes } of linesOf(file)) {
    collect({ line: parseExportLine(text), number }, report, batch);
    if (batch.length >= BATCH) await flush();
    progress(bytesOfFirstPass + bytes, report);
  }
  await flush();
  await importer.claimUsernameKeys();
  return report;
}

async function importGroups({ file, importer, progress }: UserImportOptions, report: ImportReport): Promise<number> {
  const groups: ImportedGroup[] = [];
  let [read, largestPk] = [0, 0];
  for await (const { text, bytes } of linesOf(file)) {
    const line = parseExportLine(text);
    if (line.type === 'group') groups.push(line.group);
    if (line.type === 'user') largestPk = Math.max(largestPk, line.user.pk ?? 0);
    read = bytes;
    progress(bytes, report);
  }
  report.groups = await importer.addGroups(groups);
  await importer.reservePks(largestPk);
  return read;
}

function collect(
  { line, number }: { line: UserExportLine; number: number },
  report: ImportReport,
  batch: UserToImport[],
): void {
  if (line.type === 'other') report.others++;
  if (line.type === 'wrong') {
    report.wrong++;
    if (report.faults.length < MAX_REPORTED_ERRORS) report.faults.push(`line ${number}: ${line.reason}`);
  }
  if (line.type === 'user') batch.push({ ...line.user, hash: hashOf(line.user.password, report) });
}

function hashOf(stored: string, report: ImportReport): string {
  if (stored === '' || isKnownHash(stored)) return stored;
  if (!stored.startsWith('!')) report.withoutPassword++;
  return UNUSABLE_HASH;
}

async function addUsers(
  importer: DirectoryImporter,
  batch: readonly UserToImport[],
  report: ImportReport,
): Promise<void> {
  if (batch.length === 0) return;
  const { count, otherPk } = await importer.addUsers(batch);
  report.users += count;
  report.otherPk += otherPk;
  report.existing += batch.length - count;
}
