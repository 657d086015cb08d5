import { z } from 'zod';
import type { DeviceExportLine, DeviceRow, ExportedAccount } from './export-lines.js';

interface StaticCodes {
  /** Number of the line with the first code of the device. */
  readonly line: number;
  readonly codes: string[];
}

/** The users, stages and static codes of an export that its devices refer to. */
export class DeviceExportIndex {
  private readonly users = new Map<string, ExportedAccount>();
  private readonly stages = new Map<string, string>();
  private readonly codes = new Map<string, StaticCodes>();

  add(line: DeviceExportLine, number: number): void {
    if (line.type === 'user') this.users.set(line.pk, line.account);
    if (line.type === 'stage') this.stages.set(line.id, line.name);
    if (line.type !== 'code') return;
    const entry = this.codes.get(line.device);
    if (entry) entry.codes.push(line.code);
    else this.codes.set(line.device, { line: number, codes: [line.code] });
  }

  /** Returns the account that a device refers to, or `undefined` if the file does not contain it. */
  accountOf(user: DeviceRow['user']): ExportedAccount | undefined {
    if (Array.isArray(user)) return { username: user[0] };
    const account = this.users.get(String(user));
    if (account || typeof user === 'number') return account;
    return z.uuid().safeParse(user).success ? { uuid: user } : { username: user };
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

  /** Returns a line number for each device that has codes but is not in the file: that of its first code. */
  linesOfOrphanedCodes(): number[] {
    return [...this.codes.values()].map(({ line }) => line);
  }
}
