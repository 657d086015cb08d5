import { createHash } from 'node:crypto';
import { type DeviceRepository, MAX_DEVICE_NAME_LENGTH } from '@gatehouse/authenticators';
import type { DeviceClass } from '@gatehouse/contracts';
import { type PhoneNumberIndex, readExportedDevice } from '@gatehouse/stages/devices';
import { z } from 'zod';
import { linesOf } from '../file-lines.js';
import { reasonsOf } from '../user-import/export-lines.js';
import { DeviceExportIndex } from './export-index.js';
import type { DeviceRow, ExportedAccount } from './export-lines.js';
import { readDeviceLine } from './export-lines.js';
import type { DeviceImportLookup } from './import-lookup.js';

/** Devices whose owners are looked up together. */
const BATCH = 500;
/** Lines whose faults are told one by one. */
const MAX_REPORTED_ERRORS = 20;

/** What became of a file. */
export interface DeviceReport {
  /** Devices of each kind that are new. */
  readonly added: Partial<Record<DeviceClass, number>>;
  /** Devices that were imported before. */
  existing: number;
  /** Devices whose owners never finished setting them up. */
  unconfirmed: number;
  /** Lines about something else. */
  others: number;
  wrong: number;
  /** Of these the first, with the number of their line. */
  readonly faults: string[];
}

interface Dependencies {
  readonly devices: DeviceRepository;
  readonly numbers: PhoneNumberIndex;
  readonly surroundings: DeviceImportLookup;
}
interface DeviceImportOptions extends Dependencies {
  readonly file: string;
  /** Called with the bytes that were read so far, of both looks at the file. */
  readonly progress: (bytes: number, report: DeviceReport) => void;
}
interface Waiting {
  readonly row: DeviceRow;
  readonly line: number;
  readonly codes: readonly string[];
}

/** Imports the devices of a file: it is read twice, for whom and what they belong to stands anywhere in it. */
export async function importDevices({ file, progress, ...parts }: DeviceImportOptions): Promise<DeviceReport> {
  const run = new DeviceImport(parts, await parts.surroundings.stages());
  let first = 0;
  for await (const { text, number, bytes } of linesOf(file)) {
    first = bytes;
    run.learn(text, number);
    progress(bytes, run.report);
  }
  for await (const { text, number, bytes } of linesOf(file)) {
    await run.take(text, number);
    progress(first + bytes, run.report);
  }
  return run.end();
}

/** One import under way. */
class DeviceImport {
  readonly report: DeviceReport = { added: {}, existing: 0, unconfirmed: 0, others: 0, wrong: 0, faults: [] };
  private readonly elsewhere = new DeviceExportIndex();
  private batch: Waiting[] = [];

  constructor(
    private readonly parts: Dependencies,
    private readonly stageHere: Awaited<ReturnType<DeviceImportLookup['stages']>>,
  ) {}

  /** The first look at a line: whom and what others may belong to. */
  learn(text: string, number: number): void {
    const line = readDeviceLine(text);
    if (line.type === 'wrong') this.fault(number, line.why);
    else if (line.type === 'other') this.report.others++;
    else this.elsewhere.learn(line, number);
  }

  /** The second: the devices themselves. */
  async take(text: string, line: number): Promise<void> {
    const read = readDeviceLine(text);
    if (read.type !== 'device') return;
    const codes = read.row.kind === 'static' ? this.elsewhere.takeCodes(read.row.pk) : [];
    if (read.row.confirmed) this.batch.push({ row: read.row, line, codes });
    else this.report.unconfirmed++;
    if (this.batch.length >= BATCH) await this.flush();
  }

  async end(): Promise<DeviceReport> {
    await this.flush();
    for (const line of this.elsewhere.linesOfLostCodes()) this.fault(line, 'device: the file has no such device');
    return this.report;
  }

  private async flush(): Promise<void> {
    const waiting = this.batch;
    this.batch = [];
    const accounts = waiting.map(({ row }) => this.elsewhere.accountOf(row.user));
    const owners = await this.parts.surroundings.ownersOf(accounts);
    const owned = waiting.flatMap((one, i) => {
      const user = owners[i];
      if (user === undefined) this.fault(one.line, absence(one.row, accounts[i]));
      return user === undefined ? [] : [{ ...one, user, id: idOf(one.row, user) }];
    });
    const existing = await this.parts.surroundings.existing(owned.map(({ id }) => id));
    for (const one of owned) {
      if (existing.has(one.id)) this.report.existing++;
      else if (await this.add(one)) existing.add(one.id);
    }
  }

  /** Whether the device is here now. */
  private async add({ row, line, codes, user, id }: Waiting & { user: string; id: string }): Promise<boolean> {
    const { kind, name, created, last_used: lastUsed } = row;
    try {
      const proof = readExportedDevice(kind, row, { codes, numbers: this.parts.numbers, stage: this.stageOf(row) });
      const device = { id, user, kind, name: (name || kind).slice(0, MAX_DEVICE_NAME_LENGTH), created, lastUsed };
      if ((await this.parts.devices.add({ ...device, ...proof })) === undefined) {
        this.fault(line, 'what it is known by is that of another device here');
        return false;
      }
      this.report.added[kind] = (this.report.added[kind] ?? 0) + 1;
      return true;
    } catch (error) {
      if (!(error instanceof z.ZodError)) throw error;
      this.fault(line, reasonsOf(error));
      return false;
    }
  }

  private stageOf({ kind, stage }: DeviceRow): string | undefined {
    return stage ? this.stageHere(kind, stage, this.elsewhere.stageName(stage)) : undefined;
  }

  private fault(line: number, why: string): void {
    this.report.wrong++;
    if (this.report.faults.length < MAX_REPORTED_ERRORS) this.report.faults.push(`line ${line}: ${why}`);
  }
}

const absence = ({ user }: DeviceRow, account: ExportedAccount | undefined) =>
  account ? `there is no user ${account.username ?? account.uuid} here` : `the file has no user ${String(user)}`;

/** The same for the same device whenever it comes, so that it is kept once. */
function idOf({ kind, pk }: DeviceRow, user: string): string {
  const digest = createHash('sha256').update(`imported device\0${kind}\0${user}\0${pk}`).digest('hex');
  return digest.replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12}).*$/, '$1-$2-8$3-8$4-$5');
}
