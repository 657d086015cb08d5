import { createHash } from 'node:crypto';
import { type DeviceRepository, MAX_DEVICE_NAME_LENGTH } from '@gatehouse/authenticators';
import { type DeviceClass, firstCharacters } from '@gatehouse/contracts';
import { type EmailAddressIndex, type PhoneNumberIndex, readExportedDevice } from '@gatehouse/stages/devices';
import { z } from 'zod';
import { linesOf } from '../file-lines.js';
import { reasonsOf } from '../user-import/export-lines.js';
import { missingUserText } from '../user-import/exported-accounts.js';
import { DeviceExportIndex } from './export-index.js';
import type { DeviceRow } from './export-lines.js';
import { readDeviceLine } from './export-lines.js';
import type { DeviceImportLookup } from './import-lookup.js';

/** Number of devices whose owners one statement looks up. */
const BATCH = 500;
/** Maximum number of invalid lines that the report describes. */
const MAX_REPORTED_ERRORS = 20;

/** The result of an import. */
export interface DeviceReport {
  /** Number of new devices by kind. */
  readonly added: Partial<Record<DeviceClass, number>>;
  /** Number of devices that an earlier import has added. */
  existing: number;
  /** Number of devices that were skipped because their owners never finished the setup. */
  unconfirmed: number;
  /** Number of lines that were skipped because their model is not a user, stage, device or code. */
  others: number;
  /** Number of invalid lines. */
  wrong: number;
  /** Descriptions of the first invalid lines, with line numbers. */
  readonly faults: string[];
}

interface Dependencies {
  readonly devices: DeviceRepository;
  readonly numbers: PhoneNumberIndex;
  readonly addresses: EmailAddressIndex;
  readonly lookup: DeviceImportLookup;
}
interface DeviceImportOptions extends Dependencies {
  readonly file: string;
  /** The report that the import updates. Its numbers are correct even if the import fails. Default: a new report. */
  readonly report?: DeviceReport;
  /** The import calls this with the number of bytes that both passes over the file have read so far. */
  readonly progress: (bytes: number, report: DeviceReport) => void;
}
interface PendingDevice {
  readonly row: DeviceRow;
  readonly line: number;
  readonly codes: readonly string[];
}

/** Returns the report of an import that has not begun. */
export const newDeviceReport = (): DeviceReport => ({
  ...{ added: {}, existing: 0, unconfirmed: 0, others: 0, wrong: 0, faults: [] },
});

/**
 * Imports the devices of a file. Reads the file twice, because the user and the stage of a device may come after the
 * device.
 */
export async function importDevices({
  file,
  progress,
  report = newDeviceReport(),
  ...dependencies
}: DeviceImportOptions): Promise<DeviceReport> {
  const run = new DeviceImport(dependencies, await dependencies.lookup.stages(), report);
  let first = 0;
  for await (const { text, number, bytes } of linesOf(file)) {
    first = bytes;
    run.index(text, number);
    progress(bytes, run.report);
  }
  for await (const { text, number, bytes } of linesOf(file)) {
    await run.importLine(text, number);
    progress(first + bytes, run.report);
  }
  return run.finish();
}

/** The state of one import. */
class DeviceImport {
  private readonly exported = new DeviceExportIndex();
  private batch: PendingDevice[] = [];

  constructor(
    private readonly dependencies: Dependencies,
    private readonly findStage: Awaited<ReturnType<DeviceImportLookup['stages']>>,
    readonly report: DeviceReport,
  ) {}

  /** First pass: indexes users, stages and codes. */
  index(text: string, number: number): void {
    const line = readDeviceLine(text);
    if (line.type === 'wrong') this.fault(number, line.reason);
    else if (line.type === 'other') this.report.others++;
    else this.exported.add(line, number);
  }

  /** Second pass: imports the devices. */
  async importLine(text: string, line: number): Promise<void> {
    const parsedLine = readDeviceLine(text);
    if (parsedLine.type !== 'device') return;
    const { row } = parsedLine;
    const codes = row.kind === 'static' ? this.exported.takeCodes(row.pk) : [];
    if (row.confirmed) this.batch.push({ row, line, codes });
    else this.report.unconfirmed++;
    if (this.batch.length >= BATCH) await this.flush();
  }

  async finish(): Promise<DeviceReport> {
    await this.flush();
    for (const line of this.exported.linesOfOrphanedCodes()) this.fault(line, 'device: the file has no such device');
    return this.report;
  }

  private async flush(): Promise<void> {
    const pending = this.batch;
    this.batch = [];
    const accounts = pending.map(({ row }) => this.exported.accounts.find(row.user));
    const owners = await this.dependencies.lookup.ownersOf(accounts);
    const owned = pending.flatMap((device, i) => {
      const user = owners[i];
      if (user === undefined) this.fault(device.line, missingUserText(device.row.user, accounts[i]));
      return user === undefined ? [] : [{ ...device, user, id: deviceId(device.row, user) }];
    });
    const existing = await this.dependencies.lookup.existing(owned.map(({ id }) => id));
    for (const device of owned) {
      if (existing.has(device.id)) this.report.existing++;
      else if (await this.add(device)) existing.add(device.id);
    }
  }

  /** Returns whether the device was added. */
  private async add({ row, line, codes, user, id }: PendingDevice & { user: string; id: string }): Promise<boolean> {
    const { kind, name, created, last_used: lastUsed } = row;
    try {
      const proof = readExportedDevice(kind, row, {
        codes,
        numbers: this.dependencies.numbers,
        addresses: this.dependencies.addresses,
        stage: this.stageOf(row),
      });
      const device = { id, user, kind, name: firstCharacters(name || kind, MAX_DEVICE_NAME_LENGTH), created, lastUsed };
      if ((await this.dependencies.devices.add({ ...device, ...proof })) === undefined) {
        this.fault(line, 'another device here has the same identifier');
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
    return stage ? this.findStage(kind, stage, this.exported.stageName(stage)) : undefined;
  }

  private fault(line: number, reason: string): void {
    this.report.wrong++;
    if (this.report.faults.length < MAX_REPORTED_ERRORS) this.report.faults.push(`line ${line}: ${reason}`);
  }
}

/**
 * Returns the id of an imported device. The id is derived from the kind and primary key in the export, so that a
 * repeated import adds nothing.
 */
function deviceId({ kind, pk }: DeviceRow, user: string): string {
  const digest = createHash('sha256').update(`imported device\0${kind}\0${user}\0${pk}`).digest('hex');
  return digest.replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12}).*$/, '$1-$2-8$3-8$4-$5');
}
