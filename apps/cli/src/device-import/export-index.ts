import { ExportedAccounts } from '../user-import/exported-accounts.js';
import type { DeviceExportLine } from './export-lines.js';

interface StaticCodes {
  /** Number of the line with the first code of the device. */
  readonly line: number;
  readonly codes: string[];
}

/** The users, stages and static codes of an export that its devices refer to. */
export class DeviceExportIndex {
  readonly accounts = new ExportedAccounts();
  private readonly stages = new Map<string, string>();
  private readonly codes = new Map<string, StaticCodes>();

  add(line: DeviceExportLine, number: number): void {
    if (line.type === 'user') this.accounts.add(line.pk, line.account);
    if (line.type === 'stage') this.stages.set(line.id, line.name);
    if (line.type !== 'code') return;
    const entry = this.codes.get(line.device);
    if (entry) entry.codes.push(line.code);
    else this.codes.set(line.device, { line: number, codes: [line.code] });
  }

  stageName(id: string): string | undefined {
    return this.stages.get(id);
  }

  /** Returns the codes of a device and removes them from the index. */
  takeCodes(device: string): readonly string[] {
    const { codes } = this.codes.get(device) ?? { codes: [] };
    this.codes.delete(device);
    return codes;
  }

  /** Returns the line number of the first code of each device that has codes but is not in the file. */
  linesOfOrphanedCodes(): number[] {
    return [...this.codes.values()].map(({ line }) => line);
  }
}
