import type { OnApplicationShutdown } from '@nestjs/common';
import type { BreachList } from '../breach-list.js';

/** The list of breached passwords of this installation, if there is one. */
export class Breaches implements OnApplicationShutdown {
  constructor(readonly list?: Pick<BreachList, 'has' | 'close'>) {}

  onApplicationShutdown(): Promise<void> | undefined {
    return this.list?.close();
  }
}
