import type { AttachedStage } from '@gatehouse/contracts';
import { authenticatorDuoContract } from './authenticator-duo.contract.js';
import type { DuoAccount } from './duo-signature.js';

type Companions = Readonly<Record<string, AttachedStage>>;

/** How the stage of a device asks Duo. */
export interface DuoStageSettings {
  readonly account: DuoAccount;
  readonly numberMatching: boolean;
}

/** How one of the Duo stages asks Duo; undefined for a stage that is gone. */
export function duoStageSettings(companions: Companions, id: string | null): DuoStageSettings | undefined {
  const stage = id === null ? undefined : companions[id];
  const config = authenticatorDuoContract.config.safeParse(stage?.config);
  return config.success
    ? { account: loginAccount(config.data), numberMatching: config.data.number_matching }
    : undefined;
}

interface Keys {
  readonly api_hostname: string;
  readonly client_id: string;
  readonly client_secret: string;
}

/** The account for logins of a stage. */
export const loginAccount = ({ api_hostname, client_id, client_secret }: Keys): DuoAccount => ({
  host: api_hostname,
  integrationKey: client_id,
  secretKey: client_secret,
});
