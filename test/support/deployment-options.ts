import type { ApiVersion } from '@gatehouse/contracts';
import type { FreshDatabase } from './postgres.js';
import type { Environment } from './processes.js';

/** The services that every login needs. */
export const SERVICES = ['identification', 'password', 'session'] as const;
/** The other services that serve stages. */
export const OTHER_STAGES = ['captcha', 'consent', 'enrollment', 'mfa'] as const;
export type StageService = (typeof SERVICES)[number] | (typeof OTHER_STAGES)[number];
export type Service = StageService | 'blueprints' | 'courier' | 'policy';

/** What a deployment of a test consists of. */
export interface DeploymentOptions {
  /** Texts of blueprints to apply before the start. */
  readonly blueprints: readonly string[];
  readonly services?: readonly Service[];
  /** The API line of all parts and commands. By default 2024.8. */
  readonly apiVersion?: ApiVersion;
  /** Settings of the gateway. */
  readonly gateway?: Environment;
  /** Settings of every service. */
  readonly environment?: Environment;
  /** Settings of single services, by the name that `start` gives them. */
  readonly own?: Readonly<Record<string, Environment>>;
  /**
   * The gateway and services that run as separate processes, for tests that end or watch a process. The service host of
   * the worker (service-host.ts) runs the others, which start in a fraction of the time.
   */
  readonly apart?: readonly (Service | 'gateway')[] | 'all';
  /**
   * Stage services with a part of their own in the service host, for tests that stop them. The others share one part.
   */
  readonly alone?: readonly StageService[];
  /** Host name in the URL of the gateway. Passkeys need a name instead of an IP address. */
  readonly host?: string;
  /** A migrated database. By default, a new database on the Postgres of the test run. */
  readonly database?: FreshDatabase;
  /** Whether services connect through PgBouncer, if it is installed. With TEST_PGBOUNCER set, all deployments do. */
  readonly pgbouncer?: boolean;
}
