import { z } from 'zod';
import type { DeviceExportLine, DeviceRow, ExportedAccount } from './export-lines.js';

interface Codes {
  readonly line: number;
  readonly codes: string[];
}

/** What an export says of the place that it was made at, as far as devices belong to it. */
export class DeviceExportIndex {
  private readonly users = new Map<string, ExportedAccount>();
  private readonly stages = new Map<string, string>();
  private readonly codes = new Map<string, Codes>();

  learn(line: DeviceExportLine, number: number): void {
    if (line.type === 'user') this.users.set(line.pk, line.account);
    if (line.type === 'stage') this.stages.set(line.id, line.name);
    if (line.type !== 'code') return;
    const known = this.codes.get(line.device);
    if (known) known.codes.push(line.code);
    else this.codes.set(line.device, { line: number, codes: [line.code] });
  }

  /** Whom a device names; undefined where the file does not say who that is. */
  accountOf(user: DeviceRow['user']): ExportedAccount | undefined {
    if (Array.isArray(user)) return { username: user[0] };
    const known = this.users.get(String(user));
    if (known || typeof user === 'number') return known;
    return z.uuid().safeParse(user).success ? { uuid: user } : { username: user };
  }

  stageName(id: string): string | undefined {
    return this.stages.get(id);
  }

  /** The codes of a device, which nobody asks for twice. */
  takeCodes(device: string): readonly string[] {
    const { codes } = this.codes.get(device) ?? { codes: [] };
    this.codes.delete(device);
    return codes;
  }

  /** Where codes stand that belong to no device. */
  linesOfLostCodes(): number[] {
    return [...this.codes.values()].map(({ line }) => line);
  }
}
