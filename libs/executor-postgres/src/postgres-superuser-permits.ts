import { SuperuserPermits } from '@gatehouse/executor';
import { runNamed } from '@gatehouse/platform';
import type { DataSource } from 'typeorm';

const GRANT = { name: 'superuser_permit', text: 'SELECT directory.permit_superuser($1, $2)' };

/** Permits in the directory, by the function that the gateway's role may call. */
export class TypeormSuperuserPermits extends SuperuserPermits {
  constructor(private readonly source: DataSource) {
    super();
  }

  async grant(userId: string, service: string): Promise<void> {
    await runNamed(this.source, GRANT, [userId, service]);
  }
}
