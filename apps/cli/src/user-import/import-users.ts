import { isKnownHash } from '@gatehouse/stages/password';
import { linesOf } from '../file-lines.js';
import type { DirectoryImporter, UserToImport } from './directory-importer.js';
import { type ImportedGroup, parseExportLine, type UserExportLine } from './export-lines.js';

/** Users that are written together. */
const BATCH = 500;
/** Lines whose faults are told one by one. */
const MAX_REPORTED_ERRORS = 20;

/** What became of a file. */
export interface ImportReport {
  users: number;
  groups: number;
  /** Names that were there before. */
  existing: number;
  /** Users whose hash is of a kind that is not known: they are there without a password. */
  withoutPassword: number;
  /** Lines about something else. */
  others: number;
  wrong: number;
  /** Of these the first, with the number of their line. */
  readonly faults: string[];
}

interface UserImportOptions {
  readonly file: string;
  readonly newcomers: DirectoryImporter;
  /** Called with the bytes that were read so far, of both looks at the file. */
  readonly progress: (bytes: number, report: ImportReport) => void;
}

/** Imports the groups of a file, then its users: the file is read twice, so that their order does not matter. */
export async function importUsers({ file, newcomers, progress }: UserImportOptions): Promise<ImportReport> {
  const report = { users: 0, groups: 0, existing: 0, withoutPassword: 0, others: 0, wrong: 0, faults: [] };
  const first = await importGroups({ file, newcomers, progress }, report);
  let batch: UserToImport[] = [];
  const flush = async () => {
    await addUsers(newcomers, batch, report);
    batch = [];
  };
  for await (const { text, number, bytes } of linesOf(file)) {
    take({ line: parseExportLine(text), number }, report, batch);
    if (batch.length >= BATCH) await flush();
    progress(first + bytes, report);
  }
  await flush();
  return report;
}

async function importGroups({ file, newcomers, progress }: UserImportOptions, report: ImportReport): Promise<number> {
  const groups: ImportedGroup[] = [];
  let read = 0;
  for await (const { text, bytes } of linesOf(file)) {
    const line = parseExportLine(text);
    if (line.type === 'group') groups.push(line.group);
    read = bytes;
    progress(bytes, report);
  }
  report.groups = await newcomers.addGroups(groups);
  return read;
}

function take(
  { line, number }: { line: UserExportLine; number: number },
  report: ImportReport,
  batch: UserToImport[],
): void {
  if (line.type === 'other') report.others++;
  if (line.type === 'wrong') {
    report.wrong++;
    if (report.faults.length < MAX_REPORTED_ERRORS) report.faults.push(`line ${number}: ${line.why}`);
  }
  if (line.type === 'user') batch.push({ ...line.user, hash: hashOf(line.user.password, report) });
}

function hashOf(stored: string, report: ImportReport): string {
  if (stored === '' || stored.startsWith('!')) return '';
  if (isKnownHash(stored)) return stored;
  report.withoutPassword++;
  return '';
}

async function addUsers(
  newcomers: DirectoryImporter,
  batch: readonly UserToImport[],
  report: ImportReport,
): Promise<void> {
  if (batch.length === 0) return;
  const { size } = await newcomers.addUsers(batch);
  report.users += size;
  report.existing += batch.length - size;
}
