import { LoginLoad } from '../faults/login-load.js';
import { Browser } from '../support/browser.js';

/** Number of logins that must finish before each fault, and again after it. */
export const UNDISTURBED = 8;

interface Row {
  readonly fault: string;
  readonly logins: number;
  readonly requests: number;
  readonly failures: number;
  /** Number of failures by their status and body, or by their error. */
  readonly reasons: Readonly<Record<string, number>>;
  readonly gap_s: number;
  readonly startedOver: number;
}

/** Causes faults while users log in, and counts their failed requests and restarted logins. */
export class FaultMatrix {
  private readonly rows: Row[] = [];

  constructor(
    private readonly users: readonly string[],
    private readonly slug: string,
  ) {}

  /**
   * Runs `act`, which causes the fault, while users log in. Records and returns the counts. Throws if a login was lost.
   */
  async run(url: string, fault: string, act: () => Promise<unknown>): Promise<Row> {
    const load = new LoginLoad({ browser: () => new Browser(url) }, { slug: this.slug, users: this.users });
    await load.finish(UNDISTURBED);
    await act();
    await load.finish(UNDISTURBED);
    const { finished, requests, refused, refusals: reasons, gapMs, startedOver, lost } = await load.stop();
    if (lost.length > 0) throw new Error(`${fault}: these logins were lost: ${JSON.stringify(lost)}`);
    const gap_s = Math.round(gapMs / 100) / 10;
    const row = { fault, logins: finished, requests, failures: refused, reasons, gap_s, startedOver };
    this.rows.push(row);
    process.stdout.write(`${lineOf(row)}\n`);
    return row;
  }

  /** Returns a table of the recorded faults: a header, and one line for each fault. */
  lines(): readonly string[] {
    const numbers = { logins: 'logins', requests: 'requests', failures: 'failures' };
    return [
      lineOf({ fault: 'fault', ...numbers, gap_s: 'gap in s', startedOver: 'started over' }),
      ...this.rows.map(lineOf),
    ];
  }
}

function lineOf({
  fault,
  logins,
  requests,
  failures,
  gap_s,
  startedOver,
}: Readonly<Record<Exclude<keyof Row, 'reasons'>, unknown>>): string {
  const numbers = [logins, requests, failures, gap_s, startedOver].map((value) => String(value).padStart(12));
  return `${String(fault).padEnd(34)}${numbers.join(' ')}`;
}
