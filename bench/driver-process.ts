import { JobProcess } from './job-process.js';
import type { Audience, Job, Measurement, Visit } from './visit.js';

/** Controls a load generator process. */
export class Driver {
  private readonly process = new JobProcess<Job, Measurement>(new URL('./driver.js', import.meta.url));

  /** Creates visitors and runs the unmeasured steps of a visit. */
  async admit({ before, cookie, values }: Visit, audience: Omit<Audience, 'flows'> & { readonly flows?: number }) {
    await this.process.run({
      type: 'admit',
      steps: before,
      ...(cookie && { cookie }),
      ...(values && { values }),
      flows: 1,
      ...audience,
    });
  }

  /** Runs the measured steps with the admitted visitors, `concurrency` at a time. Throws for an unexpected response. */
  measure({ measured }: Visit, concurrency: number): Promise<Measurement> {
    return this.process.run({ type: 'measure', steps: measured, concurrency });
  }

  stop(): void {
    this.process.stop();
  }
}
