import { Requester, runNamed } from '@gatehouse/platform';
import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';

const PING = { name: 'ping', text: 'SELECT 1' };

/** The dependencies that the gateway needs to answer a login. */
@Injectable()
export class HealthRepository {
  constructor(
    @Inject(DataSource) private readonly source: DataSource,
    @Inject(Requester) private readonly requester: Requester,
  ) {}

  /** Returns the names of the dependencies that cannot be reached now. */
  async missingDependencies(): Promise<readonly string[]> {
    const hasDatabase = await runNamed(this.source, PING, []).then(
      () => true,
      () => false,
    );
    return [...(hasDatabase ? [] : ['database']), ...(this.requester.connected ? [] : ['bus'])];
  }
}
